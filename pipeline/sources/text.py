"""Typed columns, as Parquet and JSON have them, as the text that CSV would have."""

from __future__ import annotations

import json
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from schemas.card_tables import TimeUnit


def as_text(values: pa.Array, unit: TimeUnit = TimeUnit.ISO8601) -> pa.Array:
    """A column as string, or as list of string if it holds lists; "" where there is nothing.

    Whole floats lose their ".0", so that an id is the same whether it was stored as 7, 7.0 or "7";
    NaN is nothing, as pandas has it.

    Args:
        values: Text, numbers, booleans, times or lists of them.
        unit: What times are counted in; `ISO8601` writes them out.

    Raises:
        TypeError: The column holds something else.
    """
    if isinstance(values, pa.DictionaryArray):
        return as_text(values.dictionary_decode(), unit)
    kind = values.type
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        lists = pc.fill_null(pc.cast(values, pa.list_(kind.value_type)), [])
        return pa.ListArray.from_arrays(lists.offsets, as_text(lists.values, unit))
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        values = _decoded(values)
    elif pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        values = _times(values, unit)
    elif pa.types.is_floating(kind):
        values = pc.if_else(pc.is_nan(values), pa.scalar(None, kind), values)
    elif not _is_plain(kind):
        raise TypeError(f"expected text, numbers, times or lists of them, got {kind}")
    return pc.fill_null(pc.cast(values, pa.string()), "")


def json_text(value: object) -> str:
    """A value of a JSON object as text; "" for null and NaN.

    Raises:
        TypeError: It is a list or an object.
    """
    if value is None or value != value:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (bool, int, float)):
        return json.dumps(value)
    raise TypeError(f"expected text, a number or null, got {value!r}")


def _decoded(values: pa.Array) -> pa.Array:
    """Bytes as UTF-8, with U+FFFD for what is none."""
    try:
        return pc.cast(values, pa.string())
    except pa.ArrowInvalid:
        texts = [None if v is None else v.decode(errors="replace") for v in values.to_pylist()]
        return pa.array(texts, pa.string())


def _times(values: pa.Array, unit: TimeUnit) -> pa.Array:
    if unit is TimeUnit.ISO8601:
        return values
    return pc.cast(pc.cast(values, pa.timestamp(unit), safe=False), pa.int64())


def _is_plain(kind: pa.DataType) -> bool:
    checks: tuple[Callable[[pa.DataType], bool], ...] = (
        pa.types.is_string,
        pa.types.is_large_string,
        pa.types.is_integer,
        pa.types.is_decimal,
        pa.types.is_boolean,
        pa.types.is_null,
    )
    return any(check(kind) for check in checks)
