"""The CC0 metadata through the real pip, from a folder of wheels in place of an index."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from pipeline.datasets import FetchError, IntegrityError
from pipeline.joining.fetch import MetadataPackage, fetch_film_metadata
from schemas.artifacts import sha256

MEMBER = "bokeh_sampledata/_data/movies.db"


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A wheel of the same name and version in a folder that pip is told to look in, alone."""
    path = tmp_path / "wheels" / "bokeh_sampledata-2026.1-py3-none-any.whl"
    path.parent.mkdir()
    info = "bokeh_sampledata-2026.1.dist-info"
    with zipfile.ZipFile(path, "w") as opened:
        opened.writestr(MEMBER, "films")
        opened.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: bokeh-sampledata\nVersion: 2026.1\n"
        )
        opened.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        opened.writestr(f"{info}/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(path.parent))
    return path


def test_fetched_once_and_again_when_damaged(wheel: Path, tmp_path: Path) -> None:
    package = MetadataPackage(sha256=sha256(wheel))
    first = fetch_film_metadata(tmp_path / "data", package)
    assert (first.path / "movies.db").read_text() == "films"
    assert first.figures["source"] == "movies.db from the Python package bokeh-sampledata==2026.1"
    assert fetch_film_metadata(tmp_path / "data", package).reused
    (first.path / "movies.db").write_text("damaged")
    again = fetch_film_metadata(tmp_path / "data", package)
    assert not again.reused
    assert (again.path / "movies.db").read_text() == "films"
    wheel.unlink()
    assert fetch_film_metadata(tmp_path / "data", package).path == first.path


def test_another_wheel_is_refused(wheel: Path, tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match=r"expected sha256 f40331a40ca3.*, got"):
        fetch_film_metadata(tmp_path / "data")
    assert list((tmp_path / "data" / "film-metadata").iterdir()) == []


def test_no_package(wheel: Path, tmp_path: Path) -> None:
    wheel.unlink()
    with pytest.raises(
        FetchError, match=r"pip download bokeh-sampledata==2026\.1: ERROR: No match"
    ):
        fetch_film_metadata(tmp_path / "data")
