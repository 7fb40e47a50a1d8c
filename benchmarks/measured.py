"""A function in a process of its own, so that time and peak memory are its own."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

CORES = 2
KIB = 1024


def measure(
    function: str, *arguments: Path, limit_s: float | None = None, cores: int = CORES
) -> dict[str, Any]:
    """Runs `module:function`.

    Args:
        function: It takes paths and returns what JSON can hold.
        *arguments: The paths.
        limit_s: Seconds that it may take, imports included.
        cores: That it may use.

    Returns:
        `s`; `cpu_s` of all threads; `imports_bytes` in memory before the call; `peak_bytes` above
        that, mapped files included; `result`, what the function returned.

    Raises:
        RuntimeError: It failed; the message has what it printed last.
        TimeoutError: It took longer than `limit_s` and was ended.
        ValueError: This process may not use so many cores.
    """
    what = [str(cores), function, *map(str, arguments)]
    command = [sys.executable, "-m", "benchmarks.measured", *what]
    require_cores(cores)
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=limit_s)
    except subprocess.TimeoutExpired:
        raise TimeoutError(f"{function}: expected an end in {limit_s} s") from None
    if done.returncode:
        raise RuntimeError(f"{function} ended with {done.returncode}:\n{done.stderr[-4_000:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def require_cores(cores: int) -> None:
    """Refuses, with a ValueError, more cores than this process may use."""
    allowed = len(os.sched_getaffinity(0))
    if cores > allowed:
        raise ValueError(f"cores: expected at most {allowed}, got {cores}")


def main() -> None:
    """The other process: prints the figures as one line of JSON."""
    # Before the imports, which size the pools of threads.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(sys.argv[1])])
    module, name = sys.argv[2].split(":")
    function = getattr(importlib.import_module(module), name)
    Path("/proc/self/clear_refs").write_text("5")  # the peak so far is forgotten
    imports = _memory("VmRSS")
    wall, cpu = time.perf_counter(), time.process_time()
    result = function(*map(Path, sys.argv[3:]))
    figures = {
        "s": time.perf_counter() - wall,
        "cpu_s": time.process_time() - cpu,
        "imports_bytes": imports,
        "peak_bytes": _memory("VmHWM") - imports,
        "result": result,
    }
    print(json.dumps(figures))


def _memory(field: str) -> int:
    """Bytes of a field of /proc/self/status, which counts kibibytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return KIB * next(int(line.split()[1]) for line in lines if line.startswith(f"{field}:"))


if __name__ == "__main__":
    main()
