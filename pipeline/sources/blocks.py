"""The events as blocks that workers read on their own, whatever the format."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipeline.ordinals import ordinals
from pipeline.rejects import reject_batch
from pipeline.sources.csv_rows import as_utf8, header_names, parse_csv
from pipeline.sources.files import (
    GZIP,
    SourceError,
    SourceFile,
    expect_columns,
    find_files,
)
from pipeline.sources.json_rows import column_types, parse_json
from pipeline.sources.lines import CHUNK_BYTES, Chunk, chunks, head
from pipeline.sources.parquet_rows import open_parquet, text_columns
from schemas.card_tables import EventTable, FileFormat
from schemas.columns import ORDINAL

BLOCK_BYTES = 64 << 20


@dataclass(frozen=True)
class Block:
    """Rows of one file that are read together.

    Attributes:
        file: The file.
        start: First byte; of a Parquet file, the row group.
        size: Bytes, when unpacked.
        first_line: Line number of the first line; of a Parquet file, of the row. The file's first
            is 1.
        lines: Lines in the block, blank and broken ones included.
    """

    file: SourceFile
    start: int
    size: int
    first_line: int
    lines: int


def open_events(directory: Path, table: EventTable) -> list[SourceFile]:
    """The event files, each with the columns that it has.

    Raises:
        SourceError: A file is missing or broken, or lacks a mapped column.
    """
    return [
        _open(path, path.relative_to(directory).as_posix(), number, table)
        for number, path in enumerate(find_files(directory, table))
    ]


def plan_blocks(
    files: Sequence[SourceFile], table: EventTable, block_bytes: int = BLOCK_BYTES
) -> Iterator[Block]:
    """Cuts files into blocks: Parquet at row groups, text at line ends before `block_bytes`.

    A gzipped file is one block, for it can be read from its beginning only.
    """
    for file in files:
        if table.format is FileFormat.PARQUET:
            yield from _row_groups(file)
            continue
        most = math.inf if file.path.suffix == GZIP else block_bytes
        start, size, line, lines = file.start, 0, file.first_line, 0
        for chunk in chunks(file.path, file.start, min(block_bytes, CHUNK_BYTES)):
            if size and size + len(chunk.data) > most:
                yield Block(file, start, size, line, lines)
                start, size, line, lines = start + size, 0, line + lines, 0
            size, lines = size + len(chunk.data), lines + chunk.lines
        if lines:
            yield Block(file, start, size, line, lines)


def read_block(block: Block, table: EventTable) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
    """Reads a block's rows, still as text, some millions of bytes at a time.

    Yields:
        `(rows, rejects)`: the columns of `EventTable.mapping` by our names, string, with `ordinal`
        int64; and the lines that are no row, as `rejects.SCHEMA`.
    """
    file = block.file
    if table.format is FileFormat.PARQUET:
        with open_parquet(file.path, file.columns.names) as parquet:
            group = parquet.read_row_group(block.start, columns=file.columns.names)
        rows = text_columns(group, {table.timestamp: table.timestamp_unit})
        lines = block.first_line + np.arange(block.lines)
        yield _ours(rows, table, ordinals(file.number, lines)), _nothing()
        return
    line = block.first_line
    for chunk in chunks(file.path, block.start, size=block.size):
        yield _parse(chunk, file, line, table)
        line += chunk.lines


def _open(path: Path, name: str, number: int, table: EventTable) -> SourceFile:
    wanted = list(dict.fromkeys(table.mapping.values()))
    if table.format is FileFormat.PARQUET:
        with open_parquet(path, wanted) as file:
            fields = [file.schema_arrow.field(column) for column in wanted]
        return SourceFile(path, name, number, pa.schema(fields))
    first = head(path)
    if table.format is FileFormat.JSONL:
        return SourceFile(path, name, number, column_types(path, first.data, wanted), first.offset)
    line, columns = b"", list(table.columns)
    if not columns:
        if first.fault:
            raise SourceError(f"{path}: header: {first.fault}")
        line = first.data[: first.data.find(b"\n") + 1] or first.data
        columns = header_names(path, as_utf8(line, table.encoding), table)
    expect_columns(path, wanted, columns)
    schema = pa.schema([(column, pa.string()) for column in columns])
    return SourceFile(path, name, number, schema, first.offset + len(line), 1 + (line != b""))


def _row_groups(file: SourceFile) -> Iterator[Block]:
    with open_parquet(file.path, file.columns.names) as parquet:
        line = file.first_line
        for number in range(parquet.num_row_groups):
            group = parquet.metadata.row_group(number)
            yield Block(file, number, group.total_byte_size, line, group.num_rows)
            line += group.num_rows


def _parse(
    chunk: Chunk, file: SourceFile, first_line: int, table: EventTable
) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    """Rows and rejects of a chunk of text."""
    wanted = list(dict.fromkeys(table.mapping.values()))
    data = b"" if chunk.fault else chunk.data
    if table.format is FileFormat.JSONL:
        parsed = parse_json(data, file.columns)
    else:
        parsed = parse_csv(data, file.columns.names, wanted, table)
    rows = _ours(parsed.rows, table, ordinals(file.number, first_line + parsed.lines))
    if chunk.fault:
        text = pa.array([chunk.data.decode(errors="replace")])
        at = ordinals(file.number, np.array([first_line]))
        return rows, reject_batch(at, "line", text, chunk.fault)
    at = ordinals(file.number, first_line + parsed.broken)
    return rows, reject_batch(at, "line", parsed.broken_text, parsed.expected)


def _ours(rows: pa.RecordBatch, table: EventTable, at: np.ndarray) -> pa.RecordBatch:
    columns = {ours: rows.column(theirs) for ours, theirs in table.mapping.items()}
    return pa.record_batch(columns | {ORDINAL: pa.array(at)})


def _nothing() -> pa.RecordBatch:
    return reject_batch(np.empty(0, np.int64), "line", pa.array([], pa.string()), "")
