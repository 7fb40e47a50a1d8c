"""A Redis server of our own, to stop and to kill."""

from __future__ import annotations

import socket
import subprocess
import time
from pathlib import Path

START_SECONDS = 20.0

DURABLE = ("--appendonly", "yes", "--appendfsync", "always")


class RedisServer:
    """A server on a free port of this machine; it keeps its data while it is stopped.

    Attributes:
        port: Where it listens.
        url: Its database 0.
        process: The newest, once there was one.
    """

    def __init__(self, directory: Path, *options: str) -> None:
        """Starts nothing yet.

        Args:
            directory: For its data.
            *options: Of `redis-server`.
        """
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1"]
        self._command += ["--dir", str(directory), "--save", "", *options]
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when it answers.

        Raises:
            RuntimeError: It ended at once, or does not answer.
        """
        self.process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        ends = time.monotonic() + START_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > ends:
                self.kill()
                raise RuntimeError(f"{' '.join(self._command)}: it does not answer")
            time.sleep(0.02)

    def stop(self) -> None:
        """As an operator stops it."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=START_SECONDS)

    def kill(self) -> None:
        """As nobody should."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return not connection.recv(16).startswith(b"-LOADING")
        except OSError:
            return False
