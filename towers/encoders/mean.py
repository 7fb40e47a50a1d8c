"""The recency-weighted mean of the events."""

from __future__ import annotations

import math
from typing import Any

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
import keras
from keras import ops

from towers.encoders.encoder import Encoder, FeedForward
from towers.encoders.masks import causal_mask
from towers.never import NEVER

INITIAL_HALF_LIFE = 10.0
"""Events; a round value, which training moves."""


class RecencyMean(Encoder):
    """Mean of the viewer's token and the events so far, each half as heavy as some events later.

    The half-life, in events, is learned; feed-forward blocks follow. The simplest encoder that
    knows an order, and the cheapest to serve.
    """

    def __init__(self, dim: int, blocks: int, dropout: float, gated: bool, **kwargs: Any):
        super().__init__(**kwargs)
        self.forward = [FeedForward(dim, dropout, gated) for _ in range(blocks)]

    def build(self, input_shape: Any = None) -> None:
        for part in self.forward:
            part.build(None)
        self.decay = self.add_weight(
            shape=(),
            initializer=keras.initializers.Constant(math.log(2) / INITIAL_HALF_LIFE),
            constraint="non_neg",
            autocast=False,
            name="decay",
        )
        self.built = True

    def call(
        self,
        viewer: Any,
        events: Any,
        present: Any,
        timestamp: Any,
        training: bool | None = None,
    ) -> Any:
        """As `Encoder.call` says."""
        tokens = ops.concatenate([viewer, events], axis=1)
        # In full precision: bfloat16 has no odd numbers above 256.
        steps = ops.arange(tokens.shape[1], dtype="float32")
        logits = -self.decay * (ops.expand_dims(steps, 1) - steps)
        # Else the weight of the viewer, who is always first, would depend on the padding.
        logits = ops.where(ops.expand_dims(steps, 0) == 0, 0.0, logits)
        weights = ops.softmax(ops.where(causal_mask(present), logits, NEVER), axis=-1)
        tokens = ops.matmul(ops.cast(weights, tokens.dtype), tokens)
        for forward in self.forward:
            tokens = forward(tokens, training=training)
        return tokens
