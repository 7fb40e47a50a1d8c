"""What tends to follow the newest items."""

from __future__ import annotations

from typing import Any

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
import keras
from keras import ops

from schemas import columns
from towers.encoders.masks import without_padding


class Successors(keras.layers.Layer):
    """What tends to follow each of the newest items: a Markov chain of low rank.

    Each item has a second vector, near the items that follow it, and the newest events add theirs
    with learned weights (FPMC, Rendle et al. 2010; higher orders as in Fossil, He and McAuley 2016,
    arxiv.org/abs/1609.09152).
    """

    def __init__(self, items: int, dim: int, order: int, **kwargs: Any):
        """Creates the layer.

        Args:
            items: Number of item indices.
            dim: Width of queries.
            order: Newest events that add their vectors.
            **kwargs: Of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.order = order
        self.table = keras.layers.Embedding(
            items,
            dim,
            embeddings_initializer="zeros",  # which an item that was not fitted keeps
            name="successor_embedding",
        )

    def build(self, input_shape: Any = None) -> None:
        self.table.build(None)
        self.weight = self.add_weight(shape=(self.order,), initializer="ones", name="order_weight")
        self.built = True

    def call(self, items: Any) -> Any:
        """Sums the vectors of the newest events.

        Args:
            items: `[batch, history_len]` int64, left-padded with 0.

        Returns:
            `[batch, 1 + history_len, dim]`: zeros after no event, then after each.
        """
        vectors = without_padding(self.table(items), ops.not_equal(items, columns.PADDING))
        total = ops.zeros_like(vectors)
        for back in range(min(self.order, items.shape[1])):
            older = ops.pad(vectors[:, : items.shape[1] - back], [[0, 0], [back, 0], [0, 0]])
            total = total + self.weight[back] * older
        return ops.pad(total, [[0, 0], [1, 0], [0, 0]])
