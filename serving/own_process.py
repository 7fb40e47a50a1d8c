"""A server in a process of its own, for as long as a block lasts."""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

START_SECONDS = 120.0
"""Many times what opening and warming up the models takes."""

STOP_SECONDS = 15.0
"""More than a server takes to let its running requests finish."""

ANNOUNCEMENT = "matinee: serving on "
"""What a warm server prints before `HOST:PORT`."""


@contextlib.contextmanager
def server_process(run: Path, config: Path | None) -> Iterator[str]:
    """Serves a run on a free port and yields `host:port` once it is warm.

    Args:
        run: The run directory.
        config: TOML whose `[serve]` table the server reads; its port is not used.

    Raises:
        RuntimeError: The server stopped before it was ready, its own message being on stderr, or
            was not ready after `START_SECONDS`.
    """
    command = [sys.executable, "-m", "serving", "--run", str(run), "--port", "0"]
    command += ["--log-level", "warning"]
    command += ["--config", str(config)] if config else []
    with announced(command, f"the server of {run}", START_SECONDS) as target:
        yield target


@contextlib.contextmanager
def announced(command: list[str], name: str, start_seconds: float) -> Iterator[str]:
    """Runs a command that announces where it serves; it has ended when the block has.

    Args:
        command: Program and arguments.
        name: What errors call it.
        start_seconds: How long it may take to announce.

    Raises:
        RuntimeError: It ended without an announcement, or gave none in time.
    """
    with subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=0) as process:  # noqa: S603
        try:
            yield _announcement(cast(IO[bytes], process.stdout), name, start_seconds)
        finally:
            _stop(process)


def _announcement(stdout: IO[bytes], name: str, start_seconds: float) -> str:
    """What follows `ANNOUNCEMENT`; waits for bytes, because a line may never end."""
    deadline = time.monotonic() + start_seconds
    written = b""
    with selectors.DefaultSelector() as selector:
        selector.register(stdout, selectors.EVENT_READ)
        while (left := deadline - time.monotonic()) > 0 and selector.select(left):
            read = os.read(stdout.fileno(), 4096)
            if not read:
                raise RuntimeError(f"{name} stopped before it was ready")
            written += read
            for line in written.split(b"\n")[:-1]:
                if line.startswith(ANNOUNCEMENT.encode()):
                    return line.decode().removeprefix(ANNOUNCEMENT)
    raise RuntimeError(f"{name} was not ready after {start_seconds:g} s, and was stopped")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
