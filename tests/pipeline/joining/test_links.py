"""The table of IMDb ids."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.joining.links import LINKS, read_links
from pipeline.joining.records import imdb_ids
from pipeline.sources.files import SourceError


def test_movielens(tmp_path: Path) -> None:
    path = tmp_path / "links.csv"
    path.write_text("movieId,imdbId,tmdbId\n1,0114709,862\n02,113497,\n3,,1\n")
    links = read_links(path)
    assert links.schema == LINKS
    assert links.column("item_id").to_pylist() == ["1", "02", "3"]
    assert links.column("imdb_id").to_pylist() == ["tt0114709", "tt0113497", ""]


def test_own_names(tmp_path: Path) -> None:
    path = tmp_path / "links.csv"
    path.write_text("sku,tt\na-1,tt10872600\n")
    assert read_links(path, "sku", "tt").to_pylist() == [
        {"item_id": "a-1", "imdb_id": "tt10872600"}
    ]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("0111161", "tt0111161"),
        ("111161", "tt0111161"),
        ("tt0111161", "tt0111161"),
        ("tt10872600", "tt10872600"),
        ("0010872600", "tt10872600"),
        ("", ""),
        (None, ""),
        ("nm0000001", ""),
        ("1.5", ""),
    ],
)
def test_imdb_ids(written: str | None, expected: str) -> None:
    assert imdb_ids(pa.array([written], pa.string())).to_pylist() == [expected]


def test_what_is_wrong_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no\.csv: expected a file, found none"):
        read_links(tmp_path / "no.csv")
    (tmp_path / "a.csv").write_text("movieId,tmdbId\n1,2\n")
    with pytest.raises(SourceError, match=r"a\.csv: expected CSV with the columns .*imdbId"):
        read_links(tmp_path / "a.csv")
    (tmp_path / "b.csv").write_text("movieId,imdbId\n1,2,3\n")
    with pytest.raises(SourceError, match=r"b\.csv: .*Expected 2 columns, got 3"):
        read_links(tmp_path / "b.csv")
