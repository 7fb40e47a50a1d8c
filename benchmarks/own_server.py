"""A server of a run in a process of its own, whose process id is told."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from schemas.artifacts import ROOT
from serving.own_process import ANNOUNCEMENT


@contextlib.contextmanager
def server(run: Path, *options: str) -> Iterator[tuple[int, str]]:
    """Process id and `host:port` of a server of a run; killed after the block, if it still runs.

    Raises:
        RuntimeError: It ended before it was ready.
    """
    command = [sys.executable, "-m", "serving", "--run", str(run), "--port", "0", *options]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        line = process.stdout.readline().strip() if process.stdout else ""
        if not line.startswith(ANNOUNCEMENT):
            raise RuntimeError(f"{' '.join(command)}: it ended before it was ready")
        yield process.pid, line.removeprefix(ANNOUNCEMENT)
    finally:
        process.kill()
        process.communicate()
