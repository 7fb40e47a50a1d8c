"""Large event files as byte ranges that end at line ends, each parsed without per-row Python."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv

from pipeline.rejects import reject_batch
from pipeline.sources.layouts import SourceError, TableFormat
from schemas.columns import ORDINAL

BLOCK_BYTES = 16 << 20
ONE_CHARACTER = "\x1f"
"""Replaces a longer separator, for pyarrow splits at one character; the ASCII unit separator."""


@dataclass(frozen=True)
class Block:
    """Whole lines of a file.

    Attributes:
        path: The file.
        offset: First byte.
        size: Bytes.
        first_line: Line number of the first line; the file's first is 1.
        lines: Lines in the block, blank and broken ones included.
    """

    path: str
    offset: int
    size: int
    first_line: int
    lines: int


def plan_blocks(
    directory: Path, table: TableFormat, block_bytes: int = BLOCK_BYTES
) -> Iterator[Block]:
    """Cuts a file at line ends into blocks of about `block_bytes`.

    Raises:
        SourceError: The file is missing or its header is not the expected one.
    """
    path = directory / table.file
    if not path.is_file():
        raise SourceError(f"{path}: expected a file, found none")
    with path.open("rb") as file:
        line = 1
        if table.header is not None:
            _check_header(path, file.readline(), table)
            line = 2
        while True:
            offset = file.tell()
            block = file.read(block_bytes)
            block += file.readline()
            if not block:
                return
            lines = block.count(b"\n") + (not block.endswith(b"\n"))
            yield Block(str(path), offset, len(block), line, lines)
            line += lines


def parse_block(block: Block, table: TableFormat) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    """Splits a block into columns, still as text.

    Returns:
        `(rows, rejects)`: the file's columns as string with `ordinal` int64 (the line number),
        and the lines with another number of values.
    """
    with Path(block.path).open("rb") as file:
        file.seek(block.offset)
        data = file.read(block.size)
    ragged: list[pa.csv.InvalidRow] = []

    def skip(row: pa.csv.InvalidRow) -> str:
        ragged.append(row)
        return "skip"

    columns = _split(data, table, skip)
    lines = np.arange(block.first_line, block.first_line + block.lines)
    broken = np.array([row.number for row in ragged], np.int64) - 1
    rows = columns.append_column(ORDINAL, pa.array(np.delete(lines, broken)))
    rejects = reject_batch(
        table.file,
        lines[broken],
        "line",
        pa.array([row.text for row in ragged], pa.string()),
        f"expected {len(table.columns)} values",
    )
    return rows, rejects


def _split(data: bytes, table: TableFormat, skip: object) -> pa.RecordBatch:
    """The text columns of `data`; `skip` is called with each line of another width."""
    separator = table.separator
    if len(separator) > 1:
        data = data.replace(separator.encode(), ONE_CHARACTER.encode())
        separator = ONE_CHARACTER
    if data.count(b"\r") != data.count(b"\r\n"):
        # pyarrow takes a lone carriage return for a line end, and line numbers would shift.
        data = re.sub(rb"\r(?!\n)", b" ", data)
    read = pa.csv.read_csv(
        pa.BufferReader(_as_utf8(data)),
        read_options=pa.csv.ReadOptions(
            use_threads=False, block_size=len(data) + 1, column_names=table.columns
        ),
        parse_options=pa.csv.ParseOptions(
            delimiter=separator,
            quote_char=False,
            ignore_empty_lines=False,
            invalid_row_handler=skip,
        ),
        convert_options=pa.csv.ConvertOptions(
            column_types=dict.fromkeys(table.columns, pa.string())
        ),
    )
    return read.combine_chunks().to_batches()[0] if len(read) else _empty(table)


def _empty(table: TableFormat) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(
        [], pa.schema([(name, pa.string()) for name in table.columns])
    )


def _as_utf8(data: bytes) -> bytes:
    """`data`, with U+FFFD for what is not UTF-8, so that one bad byte costs one row only."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return data.decode(errors="replace").encode()
    return data


def _check_header(path: Path, line: bytes, table: TableFormat) -> None:
    found = line.decode(errors="replace").rstrip("\r\n")
    if found != table.header:
        raise SourceError(f"{path}: header: expected {table.header!r}, got {found!r}")
