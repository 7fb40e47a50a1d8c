"""What a history says of a candidate by the affinities of its items for it."""

from __future__ import annotations

from typing import Any

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
import keras
from keras import ops

from ranking.affinities import KINDS
from ranking.fading import Fading

FADES = (0.5, 0.9, 0.999)
"""What is left of an event's weight by the event after it, where the learned fades begin."""
FEATURES = len(KINDS) * len(FADES)
RESOLUTION = 1_000.0
"""Strengths well below its inverse count as they are, those above by their logarithm."""


class AffinityFeatures(keras.layers.Layer):
    """Sums the strengths over the events in sight, for each kind with several learned fades."""

    def build(self, input_shape: Any = None) -> None:
        self.fading = Fading(FADES, speed=1.0, name="fading")
        self.built = True

    def call(self, strength: Any, visible: Any, back: Any) -> Any:
        """Features of every candidate for every owner.

        Args:
            strength: As `ranking.neighbours.look_up` gives it.
            visible: `[batch, cutoffs, owners, history_len]` bool, what each cutoff sees.
            back: `[cutoffs, history_len]` float, events from the newest in sight, from 0.

        Returns:
            `[batch, cutoffs, candidates, owners, FEATURES]` float, 0 where nothing is known.
        """
        total = ops.einsum("btcolk,bftol->btcokf", strength, self.fading(visible, back))
        features = ops.log1p(RESOLUTION * total)
        return ops.reshape(features, (*ops.shape(features)[:4], FEATURES))
