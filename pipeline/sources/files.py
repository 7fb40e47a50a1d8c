"""The files that a card's table names, found and numbered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from schemas.card_tables import FileFormat, Table

GZIP = ".gz"
PATTERN_CHARACTERS = frozenset("*?[")


class SourceError(ValueError):
    """A source file is not what its card says; the message names file, expected and found."""


@dataclass(frozen=True)
class SourceFile:
    """One file of a table.

    Attributes:
        path: Where it is.
        name: Its path below the data directory, as rejects name it.
        number: Its place among the table's files.
        columns: Columns as they are in the file: of CSV all in order, else those that are read.
        start: First byte of the first row, behind a byte order mark and a header line.
        first_line: Line of the first row; 2 below a header line.
    """

    path: Path
    name: str
    number: int
    columns: pa.Schema
    start: int = 0
    first_line: int = 1


def find_files(directory: Path, table: Table) -> list[Path]:
    """The table's files, in the order of the card; those of a pattern in the order of their names.

    Raises:
        SourceError: A file is missing, a pattern matches none, or a Parquet file is gzipped.
    """
    found: dict[Path, None] = {}
    for name in table.files:
        if PATTERN_CHARACTERS & set(name):
            matches = sorted(path for path in directory.glob(name) if path.is_file())
            if not matches:
                raise SourceError(f"{directory / name}: expected files that match, found none")
        else:
            matches = [directory / name]
            if not matches[0].is_file():
                raise SourceError(f"{matches[0]}: expected a file, found none")
        found |= dict.fromkeys(matches)
    if table.format is FileFormat.PARQUET:
        for path in found:
            if path.suffix == GZIP:
                raise SourceError(f"{path}: expected Parquet, which compresses itself, got {GZIP}")
    return list(found)


def expect_columns(path: Path, wanted: Iterable[str], found: Iterable[str]) -> None:
    """Checks that a file has the columns that a card maps.

    Raises:
        SourceError: It lacks one; the message names file, column and what the file has.
    """
    there = list(found)
    for name in wanted:
        if name not in there:
            raise SourceError(f"{path}: expected the column {name!r}, got {there}")
