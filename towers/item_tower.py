"""The item tower: an item's id and content features to one vector."""

from __future__ import annotations

from typing import Any

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
import keras
from keras import ops

from schemas import columns

TINY = 1e-12
"""Squared length that is added before dividing by it."""


class ItemTower(keras.layers.Layer):
    """Sums the embedding of the id and the mean embedding of each content feature.

    In training, some ids are replaced by an out-of-vocabulary one (id dropout, as DropoutNet,
    Volkovs et al. 2017, does for cold items), so that content alone learns to place an item.

    An item unknown to training keeps its content embeddings and gets an out-of-vocabulary id, so
    that it still gets a useful vector (the additive form of LightFM, Kula 2015,
    arxiv.org/abs/1507.08439).
    """

    def __init__(
        self,
        sizes: dict[str, int],
        embedding_dim: int,
        unit: bool,
        id_dropout: float = 0.0,
        unknown_id: int = columns.PADDING,
        **kwargs: Any,
    ):
        """Creates the tower.

        Args:
            sizes: `item_id` and each content feature to its number of indices, padding included.
            embedding_dim: Width of the vectors.
            unit: Scale vectors to length 1.
            id_dropout: Share of ids replaced in training.
            unknown_id: By what: the index of an item that is not in the vocabulary.
            **kwargs: Of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.unit, self.id_dropout, self.unknown_id = unit, id_dropout, unknown_id
        self.random = keras.random.SeedGenerator() if id_dropout else None
        self.tables = {
            name: keras.layers.Embedding(
                size,
                embedding_dim,
                embeddings_initializer=keras.initializers.RandomNormal(stddev=0.05),
                name=f"{name}_embedding",
            )
            for name, size in sizes.items()
        }

    def build(self, input_shape: Any) -> None:
        for table in self.tables.values():
            table.build(None)
        if not self.id_dropout:
            self._without_unknown_id()
        self.built = True

    def _without_unknown_id(self) -> None:
        """Lets an item with the unknown id be its content alone.

        Nothing trains that embedding, and at random it would push all such items one way.
        """
        table = self.tables[columns.ITEM_ID].embeddings
        known = np.arange(table.shape[0])[:, None] != self.unknown_id
        table.assign(table * ops.cast(known, table.dtype))

    def call(self, items: dict[str, Any], training: bool | None = None) -> Any:
        """Encodes items.

        Args:
            items: `item_id` `[items]` int64 and each content feature `[items, values]` int64,
                right-padded with 0.
            training: Whether id dropout applies.

        Returns:
            `[items, embedding_dim]` float.
        """
        ids = items[columns.ITEM_ID]
        if training and self.random is not None:
            drawn = keras.random.uniform(ops.shape(ids), seed=self.random)
            ids = ops.where(drawn < self.id_dropout, self.unknown_id, ids)
        vectors = self.tables[columns.ITEM_ID](ids)
        for name, table in self.tables.items():
            if name != columns.ITEM_ID:
                vectors = vectors + mean_embedding(table, items[name])
        return unit_length(vectors) if self.unit else vectors


def unit_length(vectors: Any) -> Any:
    """Vectors over the last axis scaled to length 1; zeros stay zeros.

    An item of which nothing is known is zeros, where the gradient of `ops.normalize` is NaN.
    """
    return vectors * ops.rsqrt(ops.sum(ops.square(vectors), axis=-1, keepdims=True) + TINY)


def mean_embedding(table: Any, indices: Any) -> Any:
    """Mean over the last axis of the embeddings of non-padding indices; zeros if there are none.

    Args:
        table: A built `keras.layers.Embedding`.
        indices: `[..., values]` int64, 0 is padding.

    Returns:
        `[..., embedding_dim]` float.
    """
    present = ops.cast(ops.not_equal(indices, columns.PADDING), table.compute_dtype)
    total = ops.sum(table(indices) * ops.expand_dims(present, -1), axis=-2)
    return total / ops.maximum(ops.sum(present, axis=-1, keepdims=True), 1.0)
