"""Rows made of any of a user's events: what splits and tasks are written in."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.columns import (
    HISTORY_ITEM_ID,
    HISTORY_RATING,
    HISTORY_TIMESTAMP,
    TARGET_ITEM_ID,
    TARGET_RATING,
    TARGET_TIMESTAMP,
)

PADDING_EVENT = -1
"""In place of an event: item "", rating NaN, time 0."""

PADDING = {HISTORY_ITEM_ID: "", HISTORY_RATING: float("nan"), HISTORY_TIMESTAMP: 0}
TARGETS = {
    HISTORY_ITEM_ID: TARGET_ITEM_ID,
    HISTORY_RATING: TARGET_RATING,
    HISTORY_TIMESTAMP: TARGET_TIMESTAMP,
}


class Spans(NamedTuple):
    """Where each user's events lie among all events of a batch.

    Attributes:
        first: int64 `[users]`, flat position of the oldest event.
        length: int64 `[users]`, events.
    """

    first: np.ndarray
    length: np.ndarray


def spans(profiles: pa.RecordBatch) -> Spans:
    """Spans of a batch with `history_*` lists; a slice counts from its own first row."""
    length = pc.list_value_length(profiles.column(HISTORY_ITEM_ID)).to_numpy().astype(np.int64)
    return Spans(np.cumsum(length) - length, length)


def within(lengths: np.ndarray) -> np.ndarray:
    """0, 1, ... for each length: int64 `[sum(lengths)]`."""
    return np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)


def gather(
    profiles: pa.RecordBatch,
    user: np.ndarray,
    lengths: np.ndarray,
    events: np.ndarray,
    target: np.ndarray | None,
) -> pa.RecordBatch:
    """One row per entry of `user`.

    Args:
        profiles: One row per user, `history_*` lists oldest first.
        user: int64 `[rows]`, row of `profiles`.
        lengths: int64 `[rows]`, events of the row's history.
        events: int64 `[sum(lengths)]`, flat positions of these events, or `PADDING_EVENT`.
        target: int64 `[rows]`, flat position of the target; None: the rows have none.

    Returns:
        The columns of `profiles` with these histories, and `target_*` if there are targets.
    """
    offsets = pa.array(np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32))
    at = pa.array(events, mask=events == PADDING_EVENT)
    columns, targets = {}, {}
    for name in profiles.schema.names:
        column = profiles.column(name)
        if name not in PADDING:
            columns[name] = column.take(pa.array(user))
            continue
        values = column.flatten()
        columns[name] = pa.ListArray.from_arrays(
            offsets, pc.fill_null(values.take(at), PADDING[name])
        )
        if target is not None:
            targets[TARGETS[name]] = values.take(pa.array(target))
    return pa.record_batch(columns | targets)
