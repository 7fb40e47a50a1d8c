"""The bare process is held to be bare, and its failure is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.parity import bare_python
from benchmarks.parity.bare_python import in_bare_python


def in_script(code: str, monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
    script = directory / "script.py"
    script.write_text(code)
    monkeypatch.setattr(bare_python, "SCRIPT", script)
    in_bare_python(directory, [], directory)


def test_our_modules_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    with pytest.raises(RuntimeError, match=r"without our code, got \['schemas', 'towers'\]"):
        in_script("""print('["json", "towers", "schemas"]')""", monkeypatch, tmp_path)


def test_a_failure_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    with pytest.raises(RuntimeError, match=r"(?s)script.py ended with 1:.*ValueError: as it is"):
        in_script("raise ValueError('as it is')", monkeypatch, tmp_path)


def test_our_settings_are_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("TF_USE_LEGACY_KERAS", "1")
    code = """
import os, sys
found = {"TF_USE_LEGACY_KERAS", "KERAS_BACKEND", "PYTHONPATH"} & {*os.environ}
assert not found, found
assert not {os.getcwd(), os.path.dirname(__file__), ""} & {*sys.path}, sys.path
print("[]")
"""
    in_script(code, monkeypatch, tmp_path)
