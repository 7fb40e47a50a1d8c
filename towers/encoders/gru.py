"""Gated recurrent units over the events."""

from __future__ import annotations

from typing import Any

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
import keras
from keras import ops

from towers.dropout import Dropout
from towers.encoders.encoder import Encoder


class Gru(Encoder):
    """Stacked GRUs that begin with the viewer's token (GRU4Rec, Hidasi et al. 2016).

    See arxiv.org/abs/1511.06939. Padding leaves the state as it is.
    """

    def __init__(self, dim: int, blocks: int, dropout: float, **kwargs: Any):
        super().__init__(**kwargs)
        self.dim = dim
        # Keras passes a mask to cuDNN only if padding is on the right; here it is on the left.
        self.layers_of = [
            keras.layers.GRU(dim, return_sequences=True, use_cudnn=False) for _ in range(blocks)
        ]
        self.dropout = Dropout(dropout)

    def build(self, input_shape: Any = None) -> None:
        for layer in self.layers_of:
            layer.build((None, None, self.dim))
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
        real = ops.pad(present, [[0, 0], [1, 0]], constant_values=True)
        for layer in self.layers_of:
            read = layer(tokens, mask=real, training=training)
            tokens = tokens + self.dropout(read, training=training)
        return tokens
