"""Weights of events that fade with how far back they lie."""

from __future__ import annotations

from typing import Any

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
import keras
from keras import ops

from ranking.fast_weights import FastWeights


class Fading(keras.layers.Layer):
    """Several learned fades: what is left of an event's weight by the event after it."""

    def __init__(self, fades: tuple[float, ...], speed: float, **kwargs: Any):
        """Creates the layer.

        Args:
            fades: Where they begin, each above 0 and below 1.
            speed: Of `ranking.fast_weights.FastWeights`.
            **kwargs: Of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        # The inverse of exp(-softplus(x)) = fade.
        start = np.log(np.expm1(-np.log(np.array(fades))))
        self.fade = FastWeights(start, speed, name="fade")
        self.built = True

    def call(self, visible: Any, back: Any) -> Any:
        """Weights of the events.

        Args:
            visible: `[batch, cutoffs, owners, history_len]` bool, what each cutoff sees.
            back: `[cutoffs, history_len]` float, events from the newest in sight, from 0.

        Returns:
            `[batch, fades, cutoffs, owners, history_len]` float, 0 for what is not visible.
        """
        weight = ops.exp(-ops.softplus(self.fade.values())[:, None, None] * back)
        return weight[None, :, :, None] * ops.cast(visible, weight.dtype)[:, None]
