"""The SQLite file of film metadata, built here in its layout."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.joining.records import DETAILS, TITLES
from pipeline.joining.sqlite import COLUMNS, read_sqlite
from pipeline.sources.files import SourceError

ROW = (7, "tt0133093", "The Matrix", 1999, 136.0, "Action, Sci-Fi", "A B, C D", "E F", None, None)


def write(
    path: Path, rows: list[tuple[object, ...]], columns: Sequence[str] = tuple(COLUMNS)
) -> Path:
    names = ", ".join(f'"{name}"' for name in columns)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(f"CREATE TABLE omdb ({names})")
        marks = ", ".join("?" * len(columns))
        database.executemany(f"INSERT INTO omdb VALUES ({marks})", rows)  # noqa: S608
    return path


def test_films(tmp_path: Path) -> None:
    other = (2, "tt99", None, None, None, None, "", None, 7.5, 1200)
    source = read_sqlite(write(tmp_path / "movies.db", [ROW, other]))
    assert source.name == "film-metadata"
    titles = source.titles()
    assert titles.schema == TITLES
    assert titles.column("source_id").to_pylist() == ["2", "7"]
    assert titles.column("imdb_id").to_pylist() == ["tt0000099", "tt0133093"]
    assert titles.column("title").to_pylist() == ["", "The Matrix"]
    assert titles.column("genres").to_pylist() == [[], ["Action", "Sci-Fi"]]
    assert str(titles.column("year").to_pylist()) == "[nan, 1999.0]"
    details = source.details(pa.array(["7", "2"]))
    assert details.schema == DETAILS
    assert details.column("source_id").to_pylist() == ["7", "2"]
    assert details.column("directors").to_pylist() == [["A B", "C D"], []]
    assert details.column("actors").to_pylist() == [["E F"], []]
    assert str(details.column("runtime").to_pylist()) == "[136.0, nan]"
    assert str(details.column("imdb_rating").to_pylist()) == "[nan, 7.5]"
    assert details.column("imdb_votes")[1].as_py() == 1200
    assert details.column("description").to_pylist() == ["", ""]


def test_no_films(tmp_path: Path) -> None:
    assert read_sqlite(write(tmp_path / "m.db", [])).titles().num_rows == 0


def test_what_is_wrong_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no\.db: expected a file, found none"):
        read_sqlite(tmp_path / "no.db")
    (tmp_path / "text.db").write_text("no database, but long enough to be read as one" * 9)
    with pytest.raises(SourceError, match=r"text\.db: expected an SQLite file, got file is not"):
        read_sqlite(tmp_path / "text.db")
    with closing(sqlite3.connect(tmp_path / "empty.db")) as database, database:
        database.execute("CREATE TABLE other (a)")
    with pytest.raises(SourceError, match=r"table omdb: expected the columns .* found no 'ID'"):
        read_sqlite(tmp_path / "empty.db")
    without = [name for name in COLUMNS if name != "Cast"]
    with pytest.raises(SourceError, match="found no 'Cast'"):
        read_sqlite(write(tmp_path / "cast.db", [], without))
    year = (1, "tt1", "A", "MCM", *ROW[4:])
    with pytest.raises(SourceError, match=r"omdb\.Year: expected float, got .*MCM"):
        read_sqlite(write(tmp_path / "year.db", [year]))


def test_the_file_is_not_written_to(tmp_path: Path) -> None:
    path = write(tmp_path / "a b?c.db", [ROW])
    before = path.read_bytes()
    path.chmod(0o444)
    assert read_sqlite(path).titles().num_rows == 1
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["a b?c.db"]
