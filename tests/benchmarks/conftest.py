"""The C program that calls SavedModels, compiled once."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.parity.c_api.compiler import COMPILERS, compile_program, find_compiler


@pytest.fixture(scope="session")
def c_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, linked against the libraries of the installed TensorFlow."""
    if find_compiler() is None:
        pytest.skip(f"no C compiler on PATH, none of {', '.join(COMPILERS)}")
    return compile_program(tmp_path_factory.mktemp("c_program"))
