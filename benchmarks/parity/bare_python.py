"""Calls of a SavedModel in a Python process that has TensorFlow and nothing of ours."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.bare_environment import bare_environment
from benchmarks.parity.calls import Arrays, Call
from schemas.artifacts import ROOT

SCRIPT = Path(__file__).with_name("bare_script.py")


def in_bare_python(model: Path, calls: Sequence[Call], scratch: Path) -> list[Arrays]:
    """The outputs of each call.

    Args:
        model: The SavedModel's directory.
        calls: In the order of the result.
        scratch: An empty directory for the files that go between the processes.

    Raises:
        RuntimeError: The process failed, or imported a module of ours.
    """
    asked = [scratch / f"{number}-inputs.npz" for number in range(len(calls))]
    answered = [scratch / f"{number}-outputs.npz" for number in range(len(calls))]
    # Isolated: neither the working directory nor the script's own is on its path.
    command = [sys.executable, "-I", str(SCRIPT), str(model.resolve())]
    for call, inputs, outputs in zip(calls, asked, answered, strict=True):
        np.savez(inputs, allow_pickle=False, **call.inputs)
        command += [call.signature, str(inputs), str(outputs)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=scratch, env=bare_environment()
    )
    if done.returncode:
        raise RuntimeError(f"{SCRIPT.name} ended with {done.returncode}:\n{done.stderr[-4_000:]}")
    _check_none_of_ours(json.loads(done.stdout.splitlines()[-1]))
    return [dict(np.load(outputs, allow_pickle=False)) for outputs in answered]


def _check_none_of_ours(modules: list[str]) -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    ours = sorted(packages.intersection(modules))
    if ours:
        raise RuntimeError(f"{SCRIPT.name}: expected a process without our code, got {ours}")
