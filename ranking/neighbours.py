"""Pairs of items looked up in a table of each item's neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
from keras import ops

NO_ITEM = np.iinfo(np.int32).max
"""Fills a row behind its neighbours."""


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
