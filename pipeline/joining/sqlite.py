"""Film metadata in the SQLite file of the package bokeh-sampledata, table `omdb`."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pyarrow as pa

from pipeline.joining.lists import comma_separated
from pipeline.joining.records import Records, imdb_ids
from pipeline.sources.files import SourceError

TABLE = "omdb"
COLUMNS: Mapping[str, pa.DataType] = {
    "ID": pa.string(),
    "imdbID": pa.string(),
    "Title": pa.string(),
    "Year": pa.float32(),
    "Runtime": pa.float32(),
    "Genre": pa.string(),
    "Director": pa.string(),
    "Cast": pa.string(),
    "imdbRating": pa.float32(),
    "imdbVotes": pa.float32(),
}


def read_sqlite(path: Path, name: str = "film-metadata") -> Records:
    """Reads the whole table.

    Raises:
        SourceError: There is no such file, it is not SQLite, or lacks the table or a column, or a
            value is of another type.
    """
    if not path.is_file():
        raise SourceError(f"{path}: expected a file, found none")
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            found = {row[1] for row in database.execute(f"PRAGMA table_info({TABLE})")}
            missing = [column for column in COLUMNS if column not in found]
            if missing:
                raise SourceError(
                    f"{path}: table {TABLE}: expected the columns {list(COLUMNS)}, "
                    f"found no {missing[0]!r}"
                )
            text = [column for column, kind in COLUMNS.items() if kind == pa.string()]
            chosen = ", ".join(
                f'CAST("{column}" AS TEXT)' if column in text else f'"{column}"'
                for column in COLUMNS
            )
            # No part of the statement comes from outside.
            rows = database.execute(f"SELECT {chosen} FROM {TABLE} ORDER BY ID").fetchall()  # noqa: S608
    except sqlite3.Error as error:
        raise SourceError(f"{path}: expected an SQLite file, got {error}") from error
    return Records(name, _table(path, list(zip(*rows, strict=True))))


def _table(path: Path, columns: list[tuple[object, ...]]) -> pa.Table:
    raw = {}
    for i, (name, kind) in enumerate(COLUMNS.items()):
        try:
            raw[name] = pa.array(columns[i] if columns else [], kind)
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise SourceError(f"{path}: {TABLE}.{name}: expected {kind}, got {error}") from None
    none = pa.nulls(len(raw["ID"]), pa.string())
    return pa.table(
        {
            "source_id": raw["ID"],
            "imdb_id": imdb_ids(raw["imdbID"]),
            "title": raw["Title"],
            "alternative_titles": comma_separated(none),
            "year": raw["Year"],
            "kind": none,
            "genres": comma_separated(raw["Genre"]),
            "runtime": raw["Runtime"],
            "directors": comma_separated(raw["Director"]),
            "actors": comma_separated(raw["Cast"]),
            "imdb_rating": raw["imdbRating"],
            "imdb_votes": raw["imdbVotes"],
            "description": none,
        }
    )
