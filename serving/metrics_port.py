"""The port that Prometheus asks: one answer for all workers, those of before included."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from types import TracebackType

from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

LOOPBACK = "127.0.0.1"


class MetricsPort:
    """What the supervisor counts itself, and the directory to which its workers write.

    A context manager: the port closes and the directory goes with the block.
    """

    def __init__(self, port: int) -> None:
        """Opens the port.

        Args:
            port: On loopback; 0: none is opened, and workers write no files.

        Raises:
            OSError: The port is taken.
        """
        registry = CollectorRegistry()
        self.reloads = Counter(
            "matinee_reloads",
            "New versions by what became of them.",
            ["outcome"],
            registry=registry,
        )
        self.restarts = Counter(
            "matinee_worker_restarts", "Workers that ended unasked.", registry=registry
        )
        self.workers = Gauge("matinee_workers", "Workers that take requests.", registry=registry)
        for outcome in ("swapped", "refused", "partial"):
            self.reloads.labels(outcome)
        self.directory: Path | None = None
        if not port:
            return
        self.directory = Path(tempfile.mkdtemp(prefix="matinee-metrics-"))
        MultiProcessCollector(registry, path=str(self.directory))
        try:
            self._server, self._thread = start_http_server(port, LOOPBACK, registry)
        except OSError as error:
            shutil.rmtree(self.directory)
            raise OSError(
                f"serve.metrics_port: cannot listen on {port}: {error.strerror}"
            ) from error

    def __enter__(self) -> MetricsPort:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.directory is None:
            return
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        shutil.rmtree(self.directory)

    def ended(self, process: int) -> None:
        """A worker is gone: what it counted stays, what it held does not."""
        if self.directory is not None:
            mark_process_dead(process, str(self.directory))
