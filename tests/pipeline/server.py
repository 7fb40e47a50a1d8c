"""A small file server on the loopback address, with the faults that downloads meet."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

POLL_SECONDS = 0.01


@dataclass
class Site:
    """What the server has, how it misbehaves, what it was asked.

    Attributes:
        files: Path to content.
        address: Of the running server.
        ranges: Whether Range requests are honoured.
        break_after: Bytes after which every connection is cut; None serves all.
        stall_seconds: Wait before any answer.
        asked: `(path, Range header)` of each request.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    address: str = ""
    ranges: bool = True
    break_after: int | None = None
    stall_seconds: float = 0.0
    asked: list[tuple[str, str | None]] = field(default_factory=list)


@contextmanager
def serve() -> Iterator[Site]:
    """Runs a server until the end of the block."""
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append((self.path, self.headers["Range"]))
            time.sleep(site.stall_seconds)
            content = site.files.get(self.path)
            if content is None:
                self.send_error(404)
                return
            start = 0
            if site.ranges and self.headers["Range"]:
                start = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
                if start >= len(content):
                    self.send_error(416)
                    return
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            with suppress(ConnectionError):  # the client may have gone
                self.wfile.write(content[start:][: site.break_after])

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,), daemon=True)
    thread.start()
    site.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
