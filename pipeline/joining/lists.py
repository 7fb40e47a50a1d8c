"""Lists out of other columns, as several sources need them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def comma_separated(text: pa.Array) -> pa.Array:
    """`[n]` string to `[n]` list of string: "Drama, Crime"; "" and null become []."""
    empty = pc.equal(pc.fill_null(text, ""), "")
    values = pc.split_pattern_regex(pc.fill_null(text, ""), r"\s*,\s*")
    return pc.if_else(empty, pa.scalar([], values.type), values)


def grouped(keys: pa.Array, values: pa.Array, wanted: pa.Array) -> pa.Array:
    """Lists of the values of each wanted key, in their order.

    Args:
        keys: `[m]` string.
        values: `[m]` string.
        wanted: `[n]` string, each once.

    Returns:
        `[n]` list of string.
    """
    at = pc.index_in(keys, wanted)
    known = pc.is_valid(at)
    at, values = at.filter(known).to_numpy(), values.filter(known)
    order = np.argsort(at, kind="stable")
    offsets = np.concatenate([[0], np.cumsum(np.bincount(at, minlength=len(wanted)))])
    return pa.ListArray.from_arrays(
        pa.array(offsets.astype(np.int32)), values.take(pa.array(order))
    )
