"""Which items are negatives at each position of a batch."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
from keras import ops

NEVER_SEEN = np.iinfo(np.int32).max


class Negatives(NamedTuple):
    """Made for some positions at a time, since all of them against a catalogue are many.

    Attributes:
        seen_at: `[rows, indices]` int32, the first position of the row that has seen the item;
            `NEVER_SEEN` where none has.
        is_negative: `[indices]` bool, what may be a negative at all.
        steps: Positions of a row.
    """

    seen_at: Any
    is_negative: Any
    steps: int

    def at(self, positions: Any) -> Any:
        """Negatives of some positions.

        Args:
            positions: `[positions]` int32; position p of the batch is step `p % steps` of row
                `p // steps`.

        Returns:
            `[positions, indices]` bool.
        """
        seen_at = ops.take(self.seen_at, positions // self.steps, axis=0)
        unseen = seen_at > ops.expand_dims(positions % self.steps, -1)
        return ops.logical_and(unseen, self.is_negative)


def negatives_of(history: Any, is_negative: Any, mask_seen: bool) -> Negatives:
    """Negatives after no event of a history and after each event.

    Args:
        history: `[rows, history_len]` int64, left-padded with 0, no item twice in a row.
        is_negative: `[indices]` bool, what may be a negative at all.
        mask_seen: What a position has seen is not a negative of it.
    """
    rows, steps, items = ops.shape(history)[0], history.shape[1], is_negative.shape[0]
    if not mask_seen:
        return Negatives(ops.full((rows, items), NEVER_SEEN, "int32"), is_negative, 1 + steps)
    row = ops.broadcast_to(ops.arange(rows)[:, None], (rows, steps))
    where = ops.stack([ops.cast(row, history.dtype), history], axis=-1)
    step = ops.broadcast_to(ops.arange(1, 1 + steps, dtype="int32"), (rows, steps))
    # One scatter, no [rows, steps, indices] cube. Padding adds up in column 0, which is no item.
    seen_at = ops.scatter(ops.reshape(where, (-1, 2)), ops.reshape(step, (-1,)), (rows, items))
    return Negatives(ops.where(seen_at == 0, NEVER_SEEN, seen_at), is_negative, 1 + steps)


def unseen(history: Any, drawn: Any) -> Any:
    """Which of some drawn negatives a viewer has not seen before each position.

    For few negatives: `negatives_of` takes memory by the catalogue, this by the sample.

    Args:
        history: `[batch, history_len]` int64.
        drawn: `[negatives]` int64.

    Returns:
        `[batch, 1 + history_len, negatives]` bool; position p has seen the first p events.
    """
    steps = history.shape[1]
    step = ops.expand_dims(ops.arange(1, 1 + steps, dtype="int32"), -1)
    found = ops.where(ops.expand_dims(history, -1) == drawn, step, NEVER_SEEN)
    first = ops.expand_dims(ops.min(found, axis=1), 1)
    return first > ops.expand_dims(ops.arange(1 + steps, dtype="int32"), -1)
