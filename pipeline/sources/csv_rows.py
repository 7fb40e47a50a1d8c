"""Lines of separated values to columns of text; a broken line costs itself alone."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv

from pipeline.sources.files import SourceError
from pipeline.sources.parsed import Lines, Parsed, salvage
from schemas.card_tables import Table

ONE_CHARACTER = "\x1f"
"""Replaces a longer separator, for pyarrow splits at one character; the ASCII unit separator."""


def parse_csv(data: bytes, names: Sequence[str], wanted: Sequence[str], table: Table) -> Parsed:
    """Splits whole lines into columns; a value cannot hold a line end.

    Args:
        data: The lines, as the file has them.
        names: Every column, in file order.
        wanted: The columns to return.
        table: Separator, quotes and encoding.
    """
    lines = Lines(_plain(as_utf8(data, table.encoding), table))

    def parse(first: int, last: int) -> tuple[pa.Table, list[pa.csv.InvalidRow]] | None:
        # An open quote would swallow what follows. The blank line put behind is a row of its own
        # unless it was swallowed, so that the number of rows tells, even for the last line.
        text = lines.between(first, last)
        text += b"\n" if text.endswith(b"\n") else b"\n\n"
        ragged: list[pa.csv.InvalidRow] = []
        rows = _read(text, names, wanted, table, ragged)
        if len(rows) + len(ragged) != last - first + 1:
            return None
        return rows.slice(0, len(rows) - 1), ragged

    schema = pa.schema([(name, pa.string()) for name in wanted])
    tables, kept, broken, texts = [schema.empty_table()], [], [], []
    for first, last, parsed in salvage(0, lines.count, parse):
        if parsed is None:
            broken.append(first)
            texts.append(lines.between(first, last).decode().rstrip("\r\n"))
            continue
        rows, ragged = parsed
        tables.append(rows)
        at = first - 1 + np.array([row.number for row in ragged], np.int64)
        kept.append(np.delete(np.arange(first, last), at - first))
        broken += at.tolist()
        texts += [row.text for row in ragged]
    return Parsed(
        rows=_one_batch(pa.concat_tables(tables)),
        lines=np.concatenate([np.empty(0, np.int64), *kept]),
        broken=np.array(broken, np.int64),
        broken_text=pa.array(texts, pa.string()),
        expected=f"expected {len(names)} values",
    )


def read_csv(path: Path, text: str, names: Sequence[str], table: Table) -> pa.Table:
    """All rows of a table as text, strictly; here a quoted value may hold line ends.

    Args:
        path: Names the file in errors.
        text: The rows, without a header line.
        names: Every column, in file order.
        table: Separator and quotes.

    Raises:
        SourceError: A line has another number of values.
    """
    data = _plain(text.encode(), table)
    if not data.strip():
        return pa.schema([(name, pa.string()) for name in names]).empty_table()
    try:
        return _read(data, names, names, table)
    except pa.ArrowInvalid as error:
        raise SourceError(f"{path}: expected {len(names)} values a line: {error}") from None


def header_names(path: Path, line: bytes, table: Table) -> list[str]:
    """Column names from a file's first line, in UTF-8.

    Raises:
        SourceError: There is none, or a name is there twice.
    """
    text = _plain(line.rstrip(b"\r\n"), table).decode()
    if not text.strip():
        raise SourceError(f"{path}: expected a header line, got none")
    if table.quoted:
        names = next(csv.reader([text], delimiter=_delimiter(table)))
    else:
        names = text.split(_delimiter(table))
    if len(set(names)) < len(names):
        raise SourceError(f"{path}: header: expected each name once, got {names}")
    return names


def _read(
    data: bytes,
    names: Sequence[str],
    wanted: Sequence[str],
    table: Table,
    ragged: list[pa.csv.InvalidRow] | None = None,
) -> pa.Table:
    """The wanted columns of `data`, UTF-8 with a separator of one byte.

    Lines of another width go to `ragged`; where there is no such list they raise, and blank lines
    are left out.
    """

    def read(skip: Callable[[pa.csv.InvalidRow], str] | None) -> pa.Table:
        return pa.csv.read_csv(
            pa.BufferReader(data),
            read_options=pa.csv.ReadOptions(
                use_threads=skip is None,  # with threads, an invalid row has no number
                block_size=len(data) + 1,
                column_names=names,
            ),
            parse_options=pa.csv.ParseOptions(
                delimiter=_delimiter(table),
                quote_char='"' if table.quoted else False,
                newlines_in_values=table.quoted,
                ignore_empty_lines=ragged is None,
                invalid_row_handler=skip,
            ),
            convert_options=pa.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), include_columns=wanted
            ),
        )

    try:
        return read(None)
    except pa.ArrowInvalid:
        if ragged is None:
            raise

    def skip(row: pa.csv.InvalidRow) -> str:
        ragged.append(row)
        return "skip"

    return read(skip)


def _plain(data: bytes, table: Table) -> bytes:
    """UTF-8 lines as pyarrow splits them: one byte between values, no line end but line feeds."""
    if _delimiter(table) != table.separator:
        data = data.replace(table.separator.encode(), ONE_CHARACTER.encode())
    if b"\r" in data and data.count(b"\r") != data.count(b"\r\n"):
        # pyarrow takes a lone carriage return for a line end, and line numbers would shift.
        data = re.sub(rb"\r(?!\n)", b" ", data)
    return data


def as_utf8(data: bytes, encoding: str) -> bytes:
    """`data` in UTF-8, with U+FFFD for what is broken, so that a bad byte costs one row only."""
    try:
        if codecs.lookup(encoding).name == "utf-8":
            if not data.isascii():  # which is told many times faster
                data.decode()
            return data
        return data.decode(encoding).encode()
    except UnicodeDecodeError:
        return data.decode(encoding, errors="replace").encode()


def _delimiter(table: Table) -> str:
    return table.separator if len(table.separator.encode()) == 1 else ONE_CHARACTER


def _one_batch(table: pa.Table) -> pa.RecordBatch:
    """A table as one batch, also where it has no row."""
    return pa.RecordBatch.from_arrays(
        [column.combine_chunks() for column in table.columns], schema=table.schema
    )
