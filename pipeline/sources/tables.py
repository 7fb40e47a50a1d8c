"""Small dimension tables (items, users): read whole, strictly, whatever the format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.sources.csv_rows import header_names, read_csv
from pipeline.sources.files import SourceError, expect_columns, find_files
from pipeline.sources.json_rows import read_json
from pipeline.sources.lines import read_whole
from pipeline.sources.parquet_rows import open_parquet, text_columns
from pipeline.sources.text import json_text
from schemas.card_features import Feature, FeatureKind
from schemas.card_tables import FileFormat, Table, TimeUnit

Columns = dict[str, pa.Array]
"""Columns by the file's names, `[rows]` string or list of string, trimmed; "" or [] is missing."""


def read_table(directory: Path, table: Table, features: Mapping[str, Feature]) -> Columns:
    """The columns of a table that features need, and the ids by our name.

    Args:
        directory: The data directory.
        table: Which files, and how they are written.
        features: Whose columns are read.

    Raises:
        SourceError: A file is missing or broken, lacks a column, has a ragged line or text in
            another encoding; an id is empty, has a line end, or is there twice.
    """
    wanted = [column for feature in features.values() for column in feature.columns]
    names = list(dict.fromkeys([*table.ids.values(), *wanted]))
    units = {
        feature.column[0]: feature.unit
        for feature in features.values()
        if feature.kind is FeatureKind.TIMESTAMP
    }
    columns = read_columns(directory, table, names, units)
    for ours, theirs in table.ids.items():
        _check_ids(directory / ", ".join(table.files), theirs, columns[theirs])
        columns[ours] = columns[theirs]
    return columns


def read_columns(
    directory: Path, table: Table, names: Sequence[str], units: Mapping[str, TimeUnit] | None = None
) -> Columns:
    """Some columns of a table's files, one after the other.

    Args:
        directory: The data directory.
        table: Which files, and how they are written.
        names: Of the columns.
        units: Of those that are times.

    Raises:
        SourceError: A file is missing or broken, lacks a column, has a ragged line or text in
            another encoding.
    """
    parts = [_read(path, table, names, units or {}) for path in find_files(directory, table)]
    return {name: _trimmed(_joined([part[name] for part in parts])) for name in names}


def _read(path: Path, table: Table, names: Sequence[str], units: Mapping[str, TimeUnit]) -> Columns:
    if table.format is FileFormat.PARQUET:
        with open_parquet(path, names) as file:
            rows = text_columns(file.read(columns=names), units)
        return {name: rows.column(name) for name in names}
    try:
        encoding = table.encoding if table.format is FileFormat.CSV else "utf-8"
        text = read_whole(path).decode(encoding)
    except UnicodeDecodeError as error:
        raise SourceError(f"{path}: expected {encoding} text, got {error}") from None
    if table.format is FileFormat.JSONL:
        objects = read_json(path, text)
        expect_columns(path, names, dict.fromkeys(key for row in objects for key in row))
        return {
            name: _json_column(path, name, [row.get(name) for row in objects]) for name in names
        }
    columns = list(table.columns)
    if not columns:
        line, _, text = text.partition("\n")
        columns = header_names(path, line.encode(), table)
    expect_columns(path, names, columns)
    rows = read_csv(path, text, columns, table)
    return {name: rows.column(name).combine_chunks() for name in names}


def _json_column(path: Path, name: str, values: list[object]) -> pa.Array:
    try:
        if not any(isinstance(value, list) for value in values):
            return pa.array([json_text(value) for value in values], pa.string())
        lists = [value if isinstance(value, list) else [value] for value in values]
        texts = [[json_text(one) for one in found if one is not None] for found in lists]
        return pa.array(texts, pa.list_(pa.string()))
    except TypeError as error:
        raise SourceError(f"{path}: {name}: {error}") from None


def _joined(parts: list[pa.Array]) -> pa.Array:
    """One column of several files, a list of string if it is one in any of them."""
    if any(pa.types.is_list(part.type) for part in parts):
        parts = [part if pa.types.is_list(part.type) else _lists_of_one(part) for part in parts]
    return pa.concat_arrays(parts)


def _lists_of_one(values: pa.Array) -> pa.Array:
    return pa.ListArray.from_arrays(pa.array(range(len(values) + 1), pa.int32()), values)


def _trimmed(column: pa.Array) -> pa.Array:
    if pa.types.is_list(column.type):
        return pa.ListArray.from_arrays(column.offsets, pc.utf8_trim_whitespace(column.values))
    return pc.utf8_trim_whitespace(column)


def _check_ids(path: Path, name: str, ids: pa.Array) -> None:
    if pa.types.is_list(ids.type):
        raise SourceError(f"{path}: {name}: expected an id, got a list")
    empty = pc.index(ids, "").as_py()
    if empty >= 0:
        raise SourceError(f"{path}: {name}: expected an id, got none in data row {empty + 1}")
    # Vocabularies and id files have an id a line.
    broken = pc.index(pc.match_substring_regex(ids, r"[\r\n]"), True).as_py()
    if broken >= 0:
        raise SourceError(
            f"{path}: {name}: expected an id without line end, got {ids[broken].as_py()!r}"
        )
    counts = pc.value_counts(ids)
    twice = counts.filter(pc.greater(counts.field("counts"), 1))
    if len(twice):
        raise SourceError(
            f"{path}: {name}: expected each id once, got {twice[0]['values'].as_py()!r} "
            f"{twice[0]['counts'].as_py()} times"
        )
