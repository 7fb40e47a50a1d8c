"""What a history says of a candidate by the affinities of its items for it."""

from __future__ import annotations

from typing import Any

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
import keras
from keras import ops

from ranking.affinities import KINDS

FADES = (0.5, 0.9, 0.999)
"""What is left of an event's weight by the event after it, where the learned fades begin."""
FEATURES = len(KINDS) * len(FADES)
RESOLUTION = 1_000.0
"""Strengths well below its inverse count as they are, those above by their logarithm."""


def look_up(neighbour: Any, strength: Any, history: Any, candidates: Any) -> Any:
    """Strength of each event's item for each candidate, by binary search.

    Args:
        neighbour: As `ItemAffinities`; the number of neighbours is a power of two.
        strength: As `ItemAffinities`.
        history: `[batch, owners, history_len]` int, item indices.
        candidates: `[batch, cutoffs, candidates]` int, item indices.

    Returns:
        `[batch, cutoffs, candidates, owners, history_len, len(KINDS)]` float32, 0 where the
        candidate is no neighbour.
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
    values = ops.take(ops.reshape(strength, (-1, len(KINDS))), begin + at, axis=0)
    return ops.where(found[..., None], values, 0.0)


class AffinityFeatures(keras.layers.Layer):
    """Sums the strengths over the events in sight, for each kind with several learned fades."""

    def build(self, input_shape: Any = None) -> None:
        # The inverse of exp(-softplus(x)) = fade.
        start = np.log(np.expm1(-np.log(np.array(FADES))))
        self.fade = self.add_weight(
            shape=(len(FADES),), initializer=keras.initializers.Constant(start), name="fade"
        )
        self.built = True

    def call(self, strength: Any, visible: Any, back: np.ndarray) -> Any:
        """Features of every candidate for every owner.

        Args:
            strength: As `look_up` gives it.
            visible: `[batch, cutoffs, owners, history_len]` bool, what each cutoff sees.
            back: `[cutoffs, history_len]` float, events from the newest in sight, from 0.

        Returns:
            `[batch, cutoffs, candidates, owners, FEATURES]` float, 0 where nothing is known.
        """
        weight = ops.exp(-ops.softplus(self.fade)[:, None, None] * back)
        weight = weight[None, :, :, None] * ops.cast(visible, weight.dtype)[:, None]
        total = ops.einsum("btcolk,bftol->btcokf", strength, weight)
        features = ops.log1p(RESOLUTION * total)
        return ops.reshape(features, (*ops.shape(features)[:4], FEATURES))
