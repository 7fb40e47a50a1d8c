"""What items gain from a source: the first source that knows a field fills it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.joining.matches import Matches
from pipeline.joining.records import DETAILS, MetadataSource, filled

GAINED = pa.schema([field for field in DETAILS if field.name != "source_id"])


def no_details(items: int) -> dict[str, pa.Array]:
    """Every field of `GAINED`, missing for every item."""
    return _columns(pa.table({field.name: pa.nulls(items, field.type) for field in GAINED}))


def add_details(
    gained: dict[str, pa.Array], source: MetadataSource, records: pa.Table, matches: Matches
) -> dict[str, pa.Array]:
    """`gained` with its gaps filled from the records that the items were matched with."""
    used = np.unique(matches.record[matches.record >= 0])
    details = source.details(records.column("source_id").take(pa.array(used)).combine_chunks())
    row = np.searchsorted(used, matches.record)
    new = details.select(GAINED.names).take(pa.array(row, mask=matches.record < 0))
    return {
        name: pc.if_else(pa.array(present(gained[name])), gained[name], column)
        for name, column in _columns(new).items()
    }


def present(column: pa.Array) -> np.ndarray:
    """`[n]` bool: not "", [] or NaN."""
    if pa.types.is_floating(column.type):
        known = pc.invert(pc.is_nan(column))
    elif pa.types.is_string(column.type):
        known = pc.not_equal(column, "")
    else:
        known = pc.greater(pc.list_value_length(column), 0)
    return known.to_numpy(zero_copy_only=False)


def _columns(table: pa.Table) -> dict[str, pa.Array]:
    table = filled(table, GAINED)
    return {name: table.column(name).combine_chunks() for name in GAINED.names}
