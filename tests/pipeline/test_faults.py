"""Faults of a dataset's tables, told before any job starts."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.prepare import prepare
from pipeline.sources.files import SourceError
from schemas.artifacts import Artifact, open_artifact
from schemas.config import PrepareConfig


@pytest.mark.parametrize("file", ["u.user", "u.item"])
def test_an_id_that_is_there_twice(
    planted: Artifact, tmp_path: Path, capfd: pytest.CaptureFixture[str], file: str
) -> None:
    shutil.copytree(planted.path, tmp_path / "data")
    lines = (tmp_path / "data" / file).read_bytes().splitlines(keepends=True)
    (tmp_path / "data" / file).write_bytes(b"".join([*lines, lines[0]]))
    (tmp_path / "out").mkdir()
    with pytest.raises(
        SourceError, match=rf"{file}: .* id: expected each id once, got '1' 2 times"
    ):
        prepare(open_artifact(tmp_path / "data"), PrepareConfig(), tmp_path / "out")
    assert "Traceback" not in capfd.readouterr().err
