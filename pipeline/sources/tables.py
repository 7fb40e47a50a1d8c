"""Small dimension tables (items, users): read whole, strictly."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from pipeline.sources.blocks import ONE_CHARACTER
from pipeline.sources.layouts import SourceError, TableFormat


def read_table(directory: Path, table: TableFormat) -> pa.RecordBatch:
    """Every column of a table as trimmed string; the first column is the key.

    Raises:
        SourceError: The file is missing, has another header, a ragged line, text in another
            encoding, or a key that is empty or there twice.
    """
    path = directory / table.file
    if not path.is_file():
        raise SourceError(f"{path}: expected a file, found none")
    try:
        text = path.read_bytes().decode(table.encoding)
    except UnicodeDecodeError as error:
        raise SourceError(f"{path}: expected {table.encoding} text, got {error}") from None
    if table.header is not None:
        first, _, text = text.partition("\n")
        if first.rstrip("\r") != table.header:
            raise SourceError(f"{path}: header: expected {table.header!r}, got {first!r}")
    rows = _parse(path, text, table)
    _check_keys(path, table.columns[0], rows.column(0))
    return rows


def floats(text: pa.Array, path: str, field: str) -> pa.Array:
    """Parses a string column to float32; "" becomes NaN.

    Raises:
        SourceError: A value is not a number.
    """
    try:
        parsed = pc.cast(
            pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text), "float"
        )
    except pa.ArrowInvalid as error:
        raise SourceError(f"{path}: {field}: expected numbers, got {error}") from None
    return pc.fill_null(parsed, float("nan"))


def lists(mask: np.ndarray, names: Sequence[str]) -> pa.Array:
    """Flags to lists: `mask` `[rows, names]` bool becomes `[rows]` list of string."""
    _, columns = np.nonzero(mask)
    offsets = np.concatenate([[0], np.cumsum(mask.sum(axis=1))]).astype(np.int32)
    values = pa.array(list(names), pa.string()).take(pa.array(columns))
    return pa.ListArray.from_arrays(pa.array(offsets), values)


def _parse(path: Path, text: str, table: TableFormat) -> pa.RecordBatch:
    separator = table.separator
    if len(separator) > 1:
        text = text.replace(separator, ONE_CHARACTER)
        separator = ONE_CHARACTER
    schema = pa.schema([(name, pa.string()) for name in table.columns])
    data = text.encode()
    if not data.strip():
        return pa.RecordBatch.from_pylist([], schema)
    try:
        read = pa.csv.read_csv(
            pa.BufferReader(data),
            read_options=pa.csv.ReadOptions(
                use_threads=False, block_size=len(data) + 1, column_names=table.columns
            ),
            parse_options=pa.csv.ParseOptions(
                delimiter=separator, quote_char='"' if table.quoted else False
            ),
            convert_options=pa.csv.ConvertOptions(column_types=schema),
        )
    except pa.ArrowInvalid as error:
        raise SourceError(f"{path}: expected {len(table.columns)} values a line: {error}") from None
    columns = [pc.utf8_trim_whitespace(column.combine_chunks()) for column in read.columns]
    return pa.record_batch(columns, schema=schema)


def _check_keys(path: Path, name: str, keys: pa.Array) -> None:
    empty = pc.index(keys, "").as_py()
    if empty >= 0:
        raise SourceError(f"{path}: {name}: expected an id, got none in data row {empty + 1}")
    counts = pc.value_counts(keys)
    twice = counts.filter(pc.greater(counts.field("counts"), 1))
    if len(twice):
        raise SourceError(
            f"{path}: {name}: expected each id once, got {twice[0]['values'].as_py()!r} "
            f"{twice[0]['counts'].as_py()} times"
        )
