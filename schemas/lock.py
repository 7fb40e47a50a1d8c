"""A lock of one process, which goes with it however it ends."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def only_process(path: Path, doing: str) -> Iterator[None]:
    """Holds the file at `path` locked; it is there only as long as it is held, or after a kill.

    Args:
        path: Of a directory that processes of one machine share.
        doing: What this process is about to do, for the error of another.

    Raises:
        RuntimeError: Another process holds it.
    """
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RuntimeError(f"{doing}: expected to be alone, another process does it") from None
        if not path.exists() or not path.samefile(f"/proc/self/fd/{file.fileno()}"):
            raise RuntimeError(f"{doing}: another process has just done it; try again")
        try:
            yield
        finally:
            path.unlink()
