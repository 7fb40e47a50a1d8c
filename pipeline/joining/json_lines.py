"""Film descriptions as JSON lines, one film a line.

Layout `plain`, our own names, every field but the title optional:

    {"imdb_id": "tt0133093", "title": "The Matrix", "alternative_titles": [], "year": 1999,
     "kind": "movie", "genres": ["Action", "Sci-Fi"], "runtime": 136, "directors": ["..."],
     "actors": ["..."], "imdb_rating": 8.7, "imdb_votes": 1900000, "description": "..."}

Layout `omdb`, the answers of the OMDb service, as they come or below a key `omdb`:

    {"Title": "The Matrix", "Year": "1999", "Runtime": "136 min", "Genre": "Action, Sci-Fi",
     "Director": "...", "Actors": "...", "Plot": "...", "imdbRating": "8.7",
     "imdbVotes": "1,900,000", "imdbID": "tt0133093", "Type": "movie"}

Lists may be written as lists or with commas; numbers may be text and have a unit and thousands
separators; null, "" and "N/A" are missing. Other keys are ignored. A file may be gzipped.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from pipeline.joining.records import DETAILS, TITLES, Records, imdb_ids
from pipeline.sources.files import GZIP, SourceError

SCHEMA = pa.unify_schemas([TITLES, DETAILS])
PLAIN = {name: name for name in SCHEMA.names if name != "source_id"}
OMDB = {
    "imdb_id": "imdbID",
    "title": "Title",
    "year": "Year",
    "kind": "Type",
    "genres": "Genre",
    "runtime": "Runtime",
    "directors": "Director",
    "actors": "Actors",
    "imdb_rating": "imdbRating",
    "imdb_votes": "imdbVotes",
    "description": "Plot",
}
LAYOUTS = {"plain": PLAIN, "omdb": OMDB}
MISSING = ("", "N/A")
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def read_json_lines(path: Path, layout: str = "plain", name: str = "descriptions") -> Records:
    """Reads the whole file.

    Args:
        path: The file; `.gz` is decompressed.
        layout: One of `LAYOUTS`.
        name: What reports call the source.

    Raises:
        SourceError: The layout is not known, there is no such file, it is cut off, or a line is
            not JSON, has neither title nor id, or a value of the wrong type; with the line.
    """
    if layout not in LAYOUTS:
        raise SourceError(f"layout: expected one of {sorted(LAYOUTS)}, got {layout!r}")
    if not path.is_file():
        raise SourceError(f"{path}: expected a file, found none")
    rows = []
    for number, line in _lines(path):
        try:
            rows.append({"source_id": str(number), **_film(line, LAYOUTS[layout], layout)})
        except ValueError as error:
            raise SourceError(f"{path}: line {number}: {error}") from None
    table = pa.Table.from_pylist(rows, SCHEMA)
    ids = imdb_ids(table.column("imdb_id").combine_chunks())
    at = table.schema.get_field_index("imdb_id")
    return Records(name, table.set_column(at, "imdb_id", ids))


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    opener: Callable[..., IO[str]] = gzip.open if path.suffix == GZIP else open
    try:
        with opener(path, "rt", encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, line
    except (EOFError, gzip.BadGzipFile, zlib.error, UnicodeDecodeError) as error:
        raise SourceError(f"{path}: expected whole UTF-8 text, got {error}") from error


def _film(line: str, names: dict[str, str], layout: str) -> dict[str, Any]:
    raw = json.loads(line)
    if layout == "omdb" and isinstance(raw, dict):
        raw = raw.get("omdb", raw)
    if not isinstance(raw, dict):
        raise ValueError(f"expected an object, got {line[:40]!r}")
    film = {}
    for ours, theirs in names.items():
        value = raw.get(theirs)
        if value is not None and value not in MISSING:
            film[ours] = _value(value, SCHEMA.field(ours).type, theirs)
    if not film.get("title") and not film.get("imdb_id"):
        raise ValueError(f"expected {names['title']!r} or {names['imdb_id']!r}, got neither")
    return film


def _value(value: Any, kind: pa.DataType, name: str) -> Any:
    if pa.types.is_list(kind):
        if isinstance(value, str):
            value = [part.strip() for part in value.split(",")]
        if isinstance(value, list) and all(isinstance(part, str) for part in value):
            return [part for part in value if part]
        raise ValueError(f"{name}: expected a list of text, got {value!r}")
    if pa.types.is_floating(kind):
        return _number(value, name)
    if isinstance(value, int) and not isinstance(value, bool) and name.lower().startswith("imdb"):
        return str(value)
    if not isinstance(value, str):
        raise ValueError(f"{name}: expected text, got {value!r}")
    return value.strip()


def _number(value: Any, name: str) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    found = NUMBER.match(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"{name}: expected a number, got {value!r}")
    return float(found.group().replace(",", ""))
