"""Compiles the C program against the TensorFlow that is installed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import schemas.tf_runtime  # noqa: F401  (before TensorFlow)

# isort: split
import tensorflow as tf

COMPILERS = ("cc", "gcc", "clang")
LIBRARIES = ("libtensorflow_cc.so.2", "libtensorflow_framework.so.2")
"""The first has the C API's sessions, the second its tensors."""


def find_compiler() -> str | None:
    """Path of a C compiler; None if there is none."""
    return next((path for path in map(shutil.which, COMPILERS) if path), None)


def compile_program(directory: Path) -> Path:
    """Writes the program `run_saved_model` into `directory`.

    Raises:
        FileNotFoundError: There is no C compiler.
        RuntimeError: It refused the program; the message has what it wrote.
    """
    compiler = find_compiler()
    if compiler is None:
        raise FileNotFoundError(f"expected a C compiler, one of {', '.join(COMPILERS)}, on PATH")
    program = directory / "run_saved_model"
    sources = sorted(str(path) for path in Path(__file__).parent.glob("*.c"))
    libraries = tf.sysconfig.get_lib()
    command = [compiler, "-std=c11", "-O2", "-Wall", "-Wextra", "-o", str(program), *sources]
    command += ["-isystem", tf.sysconfig.get_include(), f"-L{libraries}"]
    command += [f"-l:{name}" for name in LIBRARIES] + [f"-Wl,-rpath,{libraries}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{compiler} ended with {done.returncode}:\n{done.stderr[-4_000:]}")
    return program
