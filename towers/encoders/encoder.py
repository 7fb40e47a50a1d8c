"""What every history encoder is."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
import keras

from towers.dropout import Dropout


class Encoder(keras.layers.Layer):
    """Reads a viewer's token and events, oldest first.

    A result depends on the viewer, on its own event and on those before it: never on a later one,
    on another row, or on what stands in the padding.
    """

    @abstractmethod
    def call(
        self,
        viewer: Any,
        events: Any,
        present: Any,
        timestamp: Any,
        training: bool | None = None,
    ) -> Any:
        """Encodes histories.

        Args:
            viewer: `[batch, 1, dim]` float.
            events: `[batch, history_len, dim]` float, left-padded with anything.
            present: `[batch, history_len]` bool, False is padding.
            timestamp: `[batch, history_len]` int64 unix seconds, 0 where unknown.
            training: Whether dropout applies.

        Returns:
            `[batch, 1 + history_len, dim]`: after no event, then after each event. Rows of padding
            carry no meaning.
        """


class FeedForward(keras.layers.Layer):
    """Pre-norm residual feed-forward, four times as wide inside.

    Gated, the wide layer is multiplied by a learned gate of the same input (SwiGLU, Shazeer 2020,
    arxiv.org/abs/2002.05202; gates pay in sequential recommenders: HSTU, Zhai et al. 2024, and
    LiGR, Borisyuk et al. 2025), and is narrower, for as many weights.
    """

    def __init__(self, dim: int, dropout: float, gated: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self.dim, self.gated = dim, gated
        self.width = 8 * dim // 3 if gated else 4 * dim
        self.norm = keras.layers.LayerNormalization(epsilon=1e-6)
        self.widen = keras.layers.Dense(self.width, activation="silu" if gated else "gelu")
        self.gate = keras.layers.Dense(self.width) if gated else None
        self.narrow = keras.layers.Dense(dim)
        self.dropout = Dropout(dropout)

    def build(self, input_shape: Any = None) -> None:
        tokens = (None, None, self.dim)
        self.norm.build(tokens)
        self.widen.build(tokens)
        if self.gate is not None:
            self.gate.build(tokens)
        self.narrow.build((None, None, self.width))
        self.built = True

    def call(self, tokens: Any, training: bool | None = None) -> Any:
        """Maps `[batch, tokens, dim]` to the same shape."""
        normed = self.norm(tokens)
        wide = self.widen(normed)
        if self.gate is not None:
            wide = wide * self.gate(normed)
        return tokens + self.dropout(self.narrow(wide), training=training)
