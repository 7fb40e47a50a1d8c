"""Lines of JSON objects to columns of text; a broken line costs itself alone."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json

from pipeline.sources.files import SourceError, expect_columns
from pipeline.sources.parsed import Lines, Parsed, salvage
from pipeline.sources.text import as_text, json_text

SAMPLE_LINES = 200
"""Lines that tell which type each column has; lines of other types are read one by one."""
FEW_LINES = 100
LAST_EXACT_INTEGER = 2.0**53


def column_types(path: Path, data: bytes, wanted: Iterable[str]) -> pa.Schema:
    """Types of the wanted keys, as most of the first lines have them.

    Args:
        path: Names the file in errors.
        data: Lines from the file's beginning.
        wanted: Keys.

    Raises:
        SourceError: No line has one of the keys; the message says which keys there are.
    """
    sample = [_object(line) for line in data.splitlines()[:SAMPLE_LINES]]
    objects = [found for found in sample if found is not None]
    if objects:
        expect_columns(path, wanted, dict.fromkeys(key for found in objects for key in found))
    return pa.schema([(key, _type([found.get(key) for found in objects])) for key in wanted])


def parse_json(data: bytes, types: pa.Schema) -> Parsed:
    """Reads whole lines, an object each.

    Args:
        data: The lines.
        types: The wanted keys; other keys are not looked at.
    """
    lines = Lines(data)

    def parse(first: int, last: int) -> tuple[pa.RecordBatch, list[int]] | None:
        some = Lines(lines.between(first, last))
        batch = _read(some, types)
        if batch is not None:
            return batch, []
        return _one_by_one(some.data, types.names) if last - first <= FEW_LINES else None

    batches, broken = [_text_batch(types.names, [])], []
    for first, _, parsed in salvage(0, lines.count, parse):
        if parsed is not None:  # as it is of a few lines
            batches.append(parsed[0])
            broken += [first + line for line in parsed[1]]
    texts = [lines.between(line, line + 1) for line in broken]
    return Parsed(
        rows=pa.concat_batches(batches),
        lines=np.delete(np.arange(lines.count), broken),
        broken=np.array(broken, np.int64),
        broken_text=pa.array([text.decode(errors="replace").rstrip() for text in texts]),
        expected=f"expected a JSON object, with text or a number as {_listed(types.names)}",
    )


def read_json(path: Path, text: str) -> list[dict[str, object]]:
    """All rows of a table, strictly.

    Raises:
        SourceError: A line that is not blank is no JSON object.
    """
    rows = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            found = _object(line.encode())
            if found is None:
                raise SourceError(f"{path}: line {number}: expected a JSON object, got {line:.80}")
            rows.append(found)
    return rows


def _read(lines: Lines, types: pa.Schema) -> pa.RecordBatch | None:
    """Lines whose values have the types; None if one has not, or is no object of its own."""
    if not _are_objects(lines):
        return None
    try:
        table = pa.json.read_json(
            pa.BufferReader(lines.data),
            read_options=pa.json.ReadOptions(use_threads=False, block_size=len(lines.data) + 1),
            parse_options=pa.json.ParseOptions(
                explicit_schema=types, unexpected_field_behavior="ignore"
            ),
        )
    except pa.ArrowInvalid:
        return None
    if len(table) != lines.count or any(map(_beyond_float, table.columns)):
        return None
    return pa.record_batch({n: as_text(table.column(n).combine_chunks()) for n in types.names})


def _are_objects(lines: Lines) -> bool:
    """Whether every line begins and ends as an object does and is UTF-8.

    pyarrow would take two objects in a line for two rows and skip a blank line.
    """
    try:
        lines.data.decode()
    except UnicodeDecodeError:
        return False
    text = pa.StringArray.from_buffers(
        lines.count, pa.py_buffer(lines.offsets.astype(np.int32)), pa.py_buffer(lines.data)
    )
    trimmed = pc.utf8_trim_whitespace(text)
    return bool(pc.all(pc.and_(pc.starts_with(trimmed, "{"), pc.ends_with(trimmed, "}"))).as_py())


def _beyond_float(column: pa.ChunkedArray) -> bool:
    """Whether a column has whole numbers that float64 may have changed, and with them ids."""
    if not pa.types.is_floating(column.type):
        return False
    return bool(pc.any(pc.greater_equal(pc.abs(column), LAST_EXACT_INTEGER)).as_py())


def _one_by_one(data: bytes, names: list[str]) -> tuple[pa.RecordBatch, list[int]]:
    """Lines of any types as text, and the lines that are no object of text and numbers."""
    rows, broken = [], []
    for number, line in enumerate(data.removesuffix(b"\n").split(b"\n")):
        found = _object(line)
        texts = None if found is None else _texts(found, names)
        if texts is None:
            broken.append(number)
        else:
            rows.append(texts)
    return _text_batch(names, rows), broken


def _texts(found: dict[str, object], names: list[str]) -> list[str] | None:
    try:
        return [json_text(found.get(name)) for name in names]
    except TypeError:
        return None


def _text_batch(names: list[str], rows: list[list[str]]) -> pa.RecordBatch:
    columns = zip(*rows, strict=True) if rows else [[] for _ in names]
    return pa.record_batch(
        {n: pa.array(texts, pa.string()) for n, texts in zip(names, columns, strict=True)}
    )


def _listed(names: list[str]) -> str:
    return ", ".join(map(repr, names))


def _object(line: bytes) -> dict[str, object] | None:
    try:
        found = json.loads(line)
    except ValueError:  # which UnicodeDecodeError is too
        return None
    return found if isinstance(found, dict) else None


def _type(values: list[object]) -> pa.DataType:
    """The Arrow type of a column of text, whole numbers, other numbers or truth values."""
    known = {bool: pa.bool_(), int: pa.int64(), float: pa.float64()}
    types = [known.get(type(value), pa.string()) for value in values if value is not None]
    if pa.float64() in types:  # 4 and 4.5 are of one column
        types = [pa.float64() if found == pa.int64() else found for found in types]
    return max(types, key=types.count, default=pa.string())
