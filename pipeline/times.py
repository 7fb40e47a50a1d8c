"""Times as text to unix seconds."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.card_tables import TimeUnit

NUMBER = r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$"
PER_SECOND = {TimeUnit.SECONDS: 1, TimeUnit.MILLISECONDS: 1_000, TimeUnit.MICROSECONDS: 1_000_000}
ISO_8601 = (
    r"^(?P<date>\d{4}-\d{2}-\d{2})(?:[T ](?P<time>\d{2}(?::\d{2}){0,2})(?:[.,]\d+)?)?"
    r"\s*(?P<zone>[zZ]|[+-]\d{2}:?(?:\d{2})?)?$"
)
LATEST = 253_402_300_799
"""The end of the year 9999; a greater number of seconds is one of milliseconds."""
EXPECTED = {
    TimeUnit.SECONDS: "expected whole seconds",
    TimeUnit.MILLISECONDS: "expected whole milliseconds",
    TimeUnit.MICROSECONDS: "expected whole microseconds",
    TimeUnit.ISO8601: "expected an ISO 8601 time",
}


def numbers(text: pa.Array) -> np.ndarray:
    """Parses a string column.

    Returns:
        `[rows]` float64; NaN where the text is not a number.
    """
    try:
        return pc.cast(text, pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:  # one bad value fails the whole column: find it and try without
        valid = pc.match_substring_regex(text, NUMBER)
        parsed = pc.cast(pc.if_else(valid, text, pa.scalar(None, pa.string())), pa.float64())
        return parsed.to_numpy(zero_copy_only=False)


def unix_seconds(text: pa.Array, unit: TimeUnit) -> np.ndarray:
    """Times to seconds since 1970, UTC, rounded down.

    Args:
        text: `[rows]` string.
        unit: What the times are counted in.

    Returns:
        `[rows]` float64, whole; NaN for what is no time, has a fraction of its unit, or lies
        behind the year 9999.
    """
    if unit is TimeUnit.ISO8601:
        return _iso_8601(text)
    count = numbers(text)
    seconds = np.floor(count / PER_SECOND[unit])
    return np.where((np.floor(count) == count) & (seconds <= LATEST), seconds, np.nan)


def _iso_8601(text: pa.Array) -> np.ndarray:
    parts = pc.extract_regex(text, ISO_8601)
    time = pc.struct_field(parts, "time")
    zone = pc.struct_field(parts, "zone")
    whole = pc.binary_join_element_wise(
        pc.struct_field(parts, "date"),
        "T",
        pc.if_else(pc.equal(time, ""), "00", time),
        pc.if_else(pc.equal(zone, ""), "Z", pc.utf8_upper(zone)),
        "",
    )
    return _parsed(whole).to_numpy(zero_copy_only=False)


def _parsed(text: pa.Array) -> pa.Array:
    """ISO times with a zone to float64 seconds; null for one that no calendar has."""
    try:
        return pc.cast(pc.cast(pc.cast(text, pa.timestamp("s", "UTC")), pa.int64()), pa.float64())
    except pa.ArrowInvalid:  # such as 30 February, which fails the whole column: halve it
        if len(text) == 1:
            return pa.nulls(1, pa.float64())
        middle = len(text) // 2
        return pa.concat_arrays([_parsed(text[:middle]), _parsed(text[middle:])])
