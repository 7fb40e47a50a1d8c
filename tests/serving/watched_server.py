"""A server whose logs and counts a test reads while it runs."""

from __future__ import annotations

import json
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.serving.conftest import RunningServer, running_server

PATIENCE_SECONDS = 300.0
"""Many times what starting a worker takes."""

OWN_CONNECTION = [("grpc.use_local_subchannel_pool", 1)]
"""Of a channel; otherwise the channels of a process to one server share a connection."""


@dataclass(frozen=True)
class WatchedServer:
    """A server with a port for metrics.

    Attributes:
        running: The server.
        metrics_port: Of its supervisor.
    """

    running: RunningServer
    metrics_port: int

    @property
    def target(self) -> str:
        return self.running.target

    def lines(self, message: str) -> list[dict[str, Any]]:
        """What it has logged with a message that begins so."""
        written = [line for line in self.running.log.read_text().splitlines() if line[:1] == "{"]
        return [line for line in map(json.loads, written) if line["message"].startswith(message)]

    def count(self, name: str) -> float:
        """A sample, 0 if there is none."""
        url = f"http://127.0.0.1:{self.metrics_port}/metrics"
        with urllib.request.urlopen(url, timeout=10) as answer:
            for line in answer.read().decode().splitlines():
                if line.startswith(f"{name} "):
                    return float(line.rsplit(" ", 1)[1])
        return 0.0

    def workers(self) -> list[int]:
        """Process ids of those that became ready, the oldest first."""
        return [line["worker"] for line in self.lines("a worker is ready")]


@contextmanager
def watched_server(run: Path, directory: Path, **serve: Any) -> Iterator[WatchedServer]:
    """Serves a run with some settings of `[serve]`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {"metrics_port": port, "watch_seconds": 0.2, "connection_seconds": 1.0} | serve
    config = directory / "config.toml"
    table = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    config.write_text("\n".join(["[serve]", *table]))
    with running_server(run, directory / "log", "--config", str(config)) as running:
        yield WatchedServer(running, port)


def until(condition: Callable[[], Any], what: str) -> None:
    """Returns once a condition holds."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < ends, f"after {PATIENCE_SECONDS} s not yet: {what}"
        time.sleep(0.05)


def is_alive(process: int) -> bool:
    """Whether a process runs, one that has ended and was not waited for aside."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
