"""Given files are inputs by their content."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.joining.inputs import given_files
from pipeline.sources.files import SourceError


def test_the_version_is_the_content(tmp_path: Path) -> None:
    for folder, text in (("a", "1"), ("b", "1"), ("c", "2")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "films.jsonl").write_text(text)
    a, b, c = (given_files([tmp_path / folder / "films.jsonl"]) for folder in "abc")
    assert a.reference == b.reference
    assert a.version != c.version and a.reference["files"] != c.reference["files"]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no\.jsonl: expected a file, found none"):
        given_files([tmp_path / "no.jsonl"])
