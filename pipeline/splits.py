"""Leave-one-out by each user's own order: what trains, what validates, what tests.

Of a user's n events, `train` holds 1 to n-2, `validation` has them as history and event n-1 as
target, `test` has 1 to n-1 as history and event n as target. `fit` holds 1 to n-1: all that may be
fitted before the test event. Users with fewer than `min_events` events are not tested: `train` and
`fit` hold all their events.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.histories import HISTORY
from schemas.columns import (
    FITS,
    HISTORY_ITEM_ID,
    HISTORY_RATING,
    HISTORY_TIMESTAMP,
    TARGET_ITEM_ID,
    TARGET_RATING,
    TARGET_TIMESTAMP,
)

TARGETS = {
    TARGET_ITEM_ID: HISTORY_ITEM_ID,
    TARGET_RATING: HISTORY_RATING,
    TARGET_TIMESTAMP: HISTORY_TIMESTAMP,
}
HELD_OUT = {"train": 2, "fit": 1, "validation": 2, "test": 1}
"""Newest events that a split's history leaves out."""


def split(profiles: pa.RecordBatch, name: str, min_events: int) -> pa.RecordBatch:
    """One split of a batch of profiles.

    Args:
        profiles: One row per user with all events, `history_*` lists oldest first.
        name: One of `schemas.columns.SPLITS`.
        min_events: Users with fewer events are in `train` and `fit` alone, with all of them.

    Returns:
        The split's rows in the same order: the columns of `profiles` with shortened histories
        and, of a split in `schemas.columns.REQUESTS`, `target_*`.
    """
    events = pc.list_value_length(profiles.column(HISTORY_ITEM_ID)).to_numpy()
    if name in FITS:
        return _shorten(profiles, np.where(events >= min_events, events - HELD_OUT[name], events))
    rows = np.flatnonzero(events >= min_events)
    kept = profiles.take(pa.array(rows))
    history = events[rows] - HELD_OUT[name]
    first = np.cumsum(events[rows]) - events[rows]
    at = pa.array(first + history)
    targets = {name: kept.column(column).flatten().take(at) for name, column in TARGETS.items()}
    return pa.record_batch({**_columns(_shorten(kept, history)), **targets})


def _shorten(profiles: pa.RecordBatch, lengths: np.ndarray) -> pa.RecordBatch:
    """Keeps the first `lengths` `[rows]` events of each history."""
    events = pc.list_value_length(profiles.column(HISTORY_ITEM_ID)).to_numpy()
    first = np.cumsum(events) - events
    position = np.arange(events.sum()) - np.repeat(first, events)
    kept = pa.array(position < np.repeat(lengths, events))
    offsets = pa.array(np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32))
    columns = _columns(profiles)
    for name in HISTORY:
        values = profiles.column(name).flatten().filter(kept)
        columns[name] = pa.ListArray.from_arrays(offsets, values)
    return pa.record_batch(columns)


def _columns(batch: pa.RecordBatch) -> dict[str, pa.Array]:
    return dict(zip(batch.schema.names, batch.columns, strict=True))
