"""A function in a process of its own, so that its peak of memory is its own."""

from __future__ import annotations

import importlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")
KIB_IN_MIB = 1024
SHOWN = 4_000
"""Characters of what a failed process said that its error repeats."""


class Spent(NamedTuple):
    """What a call took.

    Attributes:
        seconds: Wall clock.
        peak_mib: Most memory that the process, or one that it waited for, has held so far, all that
            it had loaded before included: what a machine must have.
    """

    seconds: float
    peak_mib: float


def call(
    function: str, arguments: Mapping[str, Any], said: Callable[[str], None] = lambda line: None
) -> Any:
    """Calls `module:function` in a new Python process.

    Args:
        function: It takes and returns what JSON can hold.
        arguments: By name.
        said: Told of each line that it prints.

    Returns:
        What the function returned.

    Raises:
        RuntimeError: It failed; the message has what it said last.
    """
    with tempfile.TemporaryDirectory() as scratch:
        result, errors = Path(scratch) / "result.json", Path(scratch) / "errors.txt"
        command = [sys.executable, "-m", __name__, function, json.dumps(arguments), str(result)]
        with (
            errors.open("w") as stderr,
            # The command is this very interpreter and module; nothing of it is a shell's.
            subprocess.Popen(  # noqa: S603
                command, stdout=subprocess.PIPE, stderr=stderr, text=True, encoding="utf-8"
            ) as process,
        ):
            try:
                for line in process.stdout or ():
                    said(line.rstrip("\n"))
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            last = errors.read_text(errors="replace")[-SHOWN:]
            raise RuntimeError(f"{function} ended with {process.returncode}:\n{last}")
        return json.loads(result.read_text())


def measured(work: Callable[[], T]) -> tuple[T, Spent]:
    """Calls `work` and says what it took; for a process that does little else."""
    started = time.perf_counter()
    result = work()
    return result, Spent(round(time.perf_counter() - started, 6), peak_mib())


def peak_mib() -> float:
    """Most memory that this process, or one that it started and waited for, has held, in MiB.

    Its own is not `ru_maxrss`, which a process inherits from the one that started it.
    """
    lines = Path("/proc/self/status").read_text().splitlines()
    own = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    started = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return round(max(own, started) / KIB_IN_MIB, 1)


def main() -> None:
    """The other process."""
    module, name = sys.argv[1].split(":")
    result = getattr(importlib.import_module(module), name)(**json.loads(sys.argv[2]))
    Path(sys.argv[3]).write_text(json.dumps(result))


if __name__ == "__main__":
    main()
