"""Dilated causal convolutions over the events."""

from __future__ import annotations

from typing import Any

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
import keras
from keras import ops

from towers.dropout import Dropout
from towers.encoders.encoder import Encoder, FeedForward
from towers.encoders.masks import without_padding

KERNEL = 3
"""Events that one convolution reads; block b skips 2 ** b - 1 between them."""


class DilatedCnn(Encoder):
    """Residual causal 1D convolutions, each block reaching twice as far back.

    See NextItNet, Yuan et al. 2019, arxiv.org/abs/1808.05163. The viewer's token is added to every
    event: in front of them, it would be farther from the first the more padding there is.
    """

    def __init__(self, dim: int, blocks: int, dropout: float, gated: bool, **kwargs: Any):
        super().__init__(**kwargs)
        self.dim = dim
        self.norms = [keras.layers.LayerNormalization(epsilon=1e-6) for _ in range(blocks)]
        self.convolutions = [
            keras.layers.Conv1D(
                dim, KERNEL, padding="causal", dilation_rate=2**block, activation="gelu"
            )
            for block in range(blocks)
        ]
        self.forward = [FeedForward(dim, dropout, gated) for _ in range(blocks)]
        self.dropout = Dropout(dropout)

    def build(self, input_shape: Any = None) -> None:
        for part in (*self.norms, *self.convolutions):
            part.build((None, None, self.dim))
        for part in self.forward:
            part.build(None)
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
        events = events + viewer
        for norm, convolution, forward in zip(
            self.norms, self.convolutions, self.forward, strict=True
        ):
            read = convolution(without_padding(norm(events), present))
            events = forward(events + self.dropout(read, training=training), training=training)
            viewer = forward(viewer, training=training)
        return ops.concatenate([viewer, events], axis=1)
