"""Film descriptions, one JSON object a line."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipeline.joining.json_lines import read_json_lines
from pipeline.joining.records import DETAILS, TITLES
from pipeline.sources.files import SourceError

PLAIN = {
    "imdb_id": "tt0133093",
    "title": "The Matrix",
    "alternative_titles": ["Matrix"],
    "year": 1999,
    "genres": ["Action", "Sci-Fi"],
    "runtime": 136,
    "directors": ["A B", "C D"],
    "actors": "E F, G H",
    "imdb_rating": 8.7,
    "imdb_votes": 1900000,
    "description": "A hacker, a choice.",
    "anything": {"else": 1},
}
OMDB = {
    "Title": "The Matrix",
    "Year": "1999\u2013",
    "Runtime": "1,136 min",
    "Genre": "Action, Sci-Fi",
    "Director": "A B, C D",
    "Actors": "N/A",
    "Plot": "A hacker.",
    "imdbRating": "8.7",
    "imdbVotes": "1,900,000",
    "imdbID": "tt0133093",
    "Type": "movie",
}


def write(path: Path, *rows: Any) -> Path:
    text = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


@pytest.mark.parametrize("name", ["films.jsonl", "films.jsonl.gz"])
def test_plain(tmp_path: Path, name: str) -> None:
    source = read_json_lines(write(tmp_path / name, PLAIN, "", {"title": "Heat", "year": None}))
    titles, details = source.titles(), source.details(pa.array(["3", "1"]))
    assert titles.schema == TITLES
    assert details.schema == DETAILS
    assert titles.column("source_id").to_pylist() == ["1", "3"]
    assert titles.column("imdb_id").to_pylist() == ["tt0133093", ""]
    assert titles.column("alternative_titles").to_pylist() == [["Matrix"], []]
    assert str(titles.column("year").to_pylist()) == "[1999.0, nan]"
    assert details.column("directors").to_pylist() == [[], ["A B", "C D"]]
    assert details.column("actors").to_pylist() == [[], ["E F", "G H"]]
    assert details.column("description").to_pylist() == ["", "A hacker, a choice."]


@pytest.mark.parametrize("row", [OMDB, {"movie_id": 3, "omdb": OMDB}])
def test_omdb(tmp_path: Path, row: dict[str, Any]) -> None:
    source = read_json_lines(write(tmp_path / "a.jsonl", row), "omdb", "plots")
    assert source.name == "plots"
    [title] = source.titles().to_pylist()
    assert (title["title"], title["year"], title["kind"]) == ("The Matrix", 1999, "movie")
    assert title["imdb_votes"] == 1_900_000
    [details] = source.details(pa.array(["1"])).to_pylist()
    assert details["runtime"] == 1136
    assert details["directors"] == ["A B", "C D"]
    assert details["actors"] == []
    assert details["imdb_rating"] == pytest.approx(8.7)
    assert details["description"] == "A hacker."


@pytest.mark.parametrize("imdb_id", ["0133093", "tt0133093", "133093", 133093])
def test_ids_are_written_in_several_ways(tmp_path: Path, imdb_id: Any) -> None:
    source = read_json_lines(write(tmp_path / "a.jsonl", {"imdb_id": imdb_id}))
    assert source.titles().column("imdb_id").to_pylist() == ["tt0133093"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{", "line 2: Expecting property name"),
        ("[1]", r"line 2: expected an object, got '\[1\]"),
        ({"year": 1999}, "line 2: expected 'title' or 'imdb_id', got neither"),
        ({"title": ""}, "line 2: expected 'title' or 'imdb_id', got neither"),
        ({"title": 7}, "line 2: title: expected text, got 7"),
        ({"title": "A", "year": "soon"}, "line 2: year: expected a number, got 'soon'"),
        ({"title": "A", "year": True}, "line 2: year: expected a number, got True"),
        ({"title": "A", "actors": [1]}, r"line 2: actors: expected a list of text, got \[1\]"),
        ({"title": "A", "genres": {}}, "line 2: genres: expected a list of text, got {}"),
    ],
)
def test_a_line_that_is_wrong_is_named(tmp_path: Path, row: Any, message: str) -> None:
    path = write(tmp_path / "a.jsonl", PLAIN, row)
    with pytest.raises(SourceError, match=rf"a\.jsonl: {message}"):
        read_json_lines(path)


def test_a_file_that_is_wrong_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no\.jsonl: expected a file, found none"):
        read_json_lines(tmp_path / "no.jsonl")
    with pytest.raises(SourceError, match=r"layout: expected one of \['omdb', 'plain'\], got 'x'"):
        read_json_lines(write(tmp_path / "a.jsonl", PLAIN), "x")
    whole = gzip.compress(json.dumps(PLAIN).encode() * 50)
    for cut in (whole[:-4], whole[:30], b"text"):
        (tmp_path / "cut.jsonl.gz").write_bytes(cut)
        with pytest.raises(SourceError, match=r"cut\.jsonl\.gz: expected whole UTF-8 text, got"):
            read_json_lines(tmp_path / "cut.jsonl.gz")
    (tmp_path / "latin.jsonl").write_bytes(b'{"title": "Am\xe9lie"}')
    with pytest.raises(SourceError, match=r"expected whole UTF-8 text, got .*codec"):
        read_json_lines(tmp_path / "latin.jsonl")
