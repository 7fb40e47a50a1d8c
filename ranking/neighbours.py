"""Tables of each item's neighbours: the strongest picked, and pairs looked up."""

from __future__ import annotations

from typing import Any

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
from keras import ops

from schemas import columns

BLOCK_BYTES = 64 << 20
"""Bound on the dense rows that are looked at together."""
NO_ITEM = np.iinfo(np.int32).max


def strongest(measure: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The columns of each row with the largest measure above 0.

    Args:
        measure: `[rows, indices]` float; padding is never picked.
        count: How many are kept.

    Returns:
        `[rows, count]` int32, item indices, ascending, `NO_ITEM` at the end; and a column to read
        for each of them, int64 `[rows, min(count, indices)]`, any column for `NO_ITEM`.
    """
    measure[:, columns.PADDING] = 0.0
    kept = min(count, measure.shape[1])
    best = np.argpartition(-measure, kept - 1, axis=1)[:, :kept]
    some = np.take_along_axis(measure, best, axis=1) > 0
    neighbour = np.where(some, best, NO_ITEM)
    order = np.argsort(neighbour, axis=1)
    neighbour = np.take_along_axis(neighbour, order, axis=1)
    short = ((0, 0), (0, count - kept))
    filled = np.pad(neighbour, short, constant_values=NO_ITEM).astype(np.int32)
    return filled, np.take_along_axis(best, order, axis=1)


def values_of(dense: np.ndarray, neighbour: np.ndarray, column: np.ndarray) -> np.ndarray:
    """What the picked columns hold.

    Args:
        dense: `[rows, indices, kinds]` float32.
        neighbour: As `strongest` returns it.
        column: Likewise.

    Returns:
        `[rows, count, kinds]` float32, 0 for `NO_ITEM`.
    """
    values = np.take_along_axis(dense, column[..., None], axis=1)
    short = neighbour.shape[1] - column.shape[1]
    values = np.pad(values, ((0, 0), (0, short), (0, 0)))
    return np.where((neighbour != NO_ITEM)[..., None], values, 0.0).astype(np.float32)


def look_up(neighbour: Any, values: Any, history: Any, candidates: Any) -> Any:
    """What the table of each event's item says of each candidate, by binary search.

    Args:
        neighbour: `[indices, neighbours]` int32, ascending; the number of neighbours is a power
            of two.
        values: `[indices, neighbours, kinds]` float32.
        history: `[batch, owners, history_len]` int, item indices.
        candidates: `[batch, cutoffs, candidates]` int, item indices.

    Returns:
        `[batch, cutoffs, candidates, owners, history_len, kinds]` float32, 0 where the candidate is
        no neighbour.
    """
    count = neighbour.shape[1]
    sorted_rows = ops.reshape(neighbour, (-1,))
    wanted = ops.cast(candidates, "int32")[:, :, :, None, None]
    begin = ops.cast(history, "int32")[:, None, None] * count
    at = ops.zeros_like(begin + wanted)
    step = count // 2
    while step:
        smaller = ops.take(sorted_rows, begin + at + (step - 1), axis=0) < wanted
        at = ops.where(smaller, at + step, at)
        step //= 2
    found = ops.equal(ops.take(sorted_rows, begin + at, axis=0), wanted)
    kinds = ops.take(ops.reshape(values, (-1, values.shape[-1])), begin + at, axis=0)
    return ops.where(found[..., None], kinds, 0.0)
