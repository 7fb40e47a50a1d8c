"""The network of `PairAttention`."""

from __future__ import annotations

from typing import Any

import numpy as np

import schemas.tf_runtime  # noqa: F401  # before Keras

# isort: split
import keras
from keras import ops

from evaluation.baselines.pairs.config import PairAttentionConfig
from schemas import columns

USER_INDEX = "user_index"
"""Input: 0 for a person who was not fitted, 1 and more for the others."""


class SequenceProcessor(keras.layers.Layer):
    """Missing ids become the id of an unknown film, missing ratings 0.

    So padding is looked up and attended to like any film.
    """

    def __init__(self, unknown_movie: int, **kwargs: Any) -> None:
        """Creates the layer.

        Args:
            unknown_movie: The index that a look-up gives films outside its vocabulary.
            **kwargs: Of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.unknown_movie = unknown_movie

    def call(self, item_id: Any, rating: Any) -> tuple[Any, Any]:
        """Fills what is missing.

        Args:
            item_id: int `[batch, ...]`, 0 where missing.
            rating: float `[batch, ...]`, NaN where missing.
        """
        known_id = ops.where(ops.equal(item_id, columns.PADDING), self.unknown_movie, item_id)
        return known_id, ops.where(ops.isnan(rating), ops.zeros_like(rating), rating)


class FilmEmbedding(keras.layers.Layer):
    """A film's vector: the embeddings of its id and of its features, side by side, then dense."""

    def __init__(self, item_table: dict[str, np.ndarray], sizes: dict[str, int], dim: int) -> None:
        """Creates the layer.

        Args:
            item_table: As `schemas.prepared.load_item_table`: what is known of every index.
            sizes: `item_id` and each feature to its number of indices.
            dim: Width of every embedding and of the result.
        """
        super().__init__()
        self.tables = {name: keras.layers.Embedding(size, dim) for name, size in sizes.items()}
        self.values = {name: v for name, v in item_table.items() if name != columns.ITEM_ID}
        self.project = keras.layers.Dense(dim)
        self.activate = keras.layers.LeakyReLU()

    def call(self, item_id: Any) -> Any:
        """Vectors of indices: int `[...]` to float `[..., dim]`."""
        parts = [self.tables[columns.ITEM_ID](item_id)]
        for name, values in self.values.items():
            index = ops.take(ops.convert_to_tensor(values), item_id, axis=0)
            parts.append(mean_of_present(self.tables[name](index), index))
        return self.activate(self.project(ops.concatenate(parts, axis=-1)))


def mean_of_present(vectors: Any, index: Any) -> Any:
    """Mean of vectors `[..., values, dim]` whose index `[..., values]` is not 0; zeros if none."""
    present = ops.cast(ops.not_equal(index, columns.PADDING), vectors.dtype)[..., None]
    count = ops.maximum(ops.sum(present, axis=-2), 1.0)
    return ops.sum(vectors * present, axis=-2) / count


class PairAttentionNetwork(keras.Model):
    """Multi-head attention over both people's windows, then a dense network.

    Each event is a film's vector with its rating beside it. The events of both windows attend to
    each other (Vaswani et al., "Attention is all you need", NeurIPS 2017: heads, residual, layer
    normalisation). They, the target film and both people go through dense layers, each with batch
    normalisation, leaky ReLU and dropout, to the mean rating, in units of the scale.
    """

    def __init__(
        self,
        item_table: dict[str, np.ndarray],
        item_sizes: dict[str, int],
        user_sizes: dict[str, int],
        config: PairAttentionConfig,
    ) -> None:
        """Creates the network.

        Args:
            item_table: As `FilmEmbedding`.
            item_sizes: As `FilmEmbedding`; the last index of `item_id` is an unknown film's.
            user_sizes: `USER_INDEX` and each user feature to its number of indices.
            config: The settings.
        """
        super().__init__()
        dim = config.embedding_dim
        self.process = SequenceProcessor(item_sizes[columns.ITEM_ID] - 1)
        self.film = FilmEmbedding(item_table, item_sizes, dim)
        self.user_tables = {n: keras.layers.Embedding(size, dim) for n, size in user_sizes.items()}
        self.attention = keras.layers.MultiHeadAttention(config.heads, dim, dropout=config.dropout)
        self.attention_dropout = keras.layers.Dropout(config.dropout)
        self.normalise = keras.layers.LayerNormalization()
        self.hidden = [
            layer
            for width in config.hidden
            for layer in (
                keras.layers.Dense(width),
                keras.layers.BatchNormalization(),
                keras.layers.LeakyReLU(),
                keras.layers.Dropout(config.dropout),
            )
        ]
        self.rating = keras.layers.Dense(1)

    def call(self, inputs: dict[str, Any], training: bool | None = None) -> Any:
        """Predicts mean ratings.

        Args:
            inputs: `history_item_id` int64 and `history_rating` float32 `[batch, 2, events]`,
                `target_item_id` int64 `[batch]`, `user_index` and each user feature int64
                `[batch, 2]`.
            training: Whether dropout applies and batches are normalised by themselves; Keras hands
                it on to the layers.

        Returns:
            float32 `[batch, 1]`.
        """
        item_id, rating = self.process(
            _joined(inputs[columns.HISTORY_ITEM_ID]), _joined(inputs[columns.HISTORY_RATING])
        )
        events = ops.concatenate([self.film(item_id), rating[..., None]], axis=-1)
        attended = self.attention_dropout(self.attention(events, events))
        events = self.normalise(events + attended)
        people = [table(inputs[name]) for name, table in self.user_tables.items()]
        features = [events, self.film(inputs[columns.TARGET_ITEM_ID]), *people]
        hidden = ops.concatenate([_flat(part) for part in features], axis=-1)
        for layer in self.hidden:
            hidden = layer(hidden)
        return self.rating(hidden)


def _joined(values: Any) -> Any:
    """`[batch, 2, events]` to `[batch, 2 * events]`."""
    return ops.reshape(values, (-1, values.shape[1] * values.shape[2]))


def _flat(values: Any) -> Any:
    """`[batch, ...]` to `[batch, values]`."""
    return ops.reshape(values, (-1, int(np.prod(values.shape[1:]))))
