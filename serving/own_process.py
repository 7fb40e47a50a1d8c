"""A server in a process of its own, for as long as a block lasts."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

STOP_SECONDS = 15
"""More than a server takes to let its running requests finish."""


@contextlib.contextmanager
def server_process(run: Path, config: Path | None) -> Iterator[str]:
    """Serves a run on a free port and yields `host:port` once it is warm.

    Args:
        run: The run directory.
        config: TOML whose `[serve]` table the server reads; its port is not used.

    Raises:
        RuntimeError: The server stopped before it was ready; its own message is on stderr.
    """
    command = [sys.executable, "-m", "serving", "--run", str(run), "--port", "0"]
    command += ["--config", str(config)] if config else []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            line = next((row for row in process.stdout or () if "serving on" in row), None)
            if line is None:
                raise RuntimeError(f"the server of {run} stopped before it was ready")
            yield line.split()[-1]
        finally:
            process.terminate()
            try:
                process.wait(timeout=STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
