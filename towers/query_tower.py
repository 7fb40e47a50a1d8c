"""The query tower: a viewer's features and history to one vector after every event."""

from __future__ import annotations

from typing import Any

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
import keras
from keras import ops

from schemas import columns
from towers.event_inputs import TIME_BUCKETS, gap_bucket, rating_inputs
from towers.item_tower import mean_embedding

INITIAL_STDDEV = 0.02
"""Of the initial embeddings of positions, gaps, ratings, user features and the start token."""


class TransformerBlock(keras.layers.Layer):
    """Pre-norm causal self-attention and feed-forward (SASRec, Kang and McAuley 2018)."""

    def __init__(self, embedding_dim: int, heads: int, dropout: float, **kwargs: Any):
        super().__init__(**kwargs)
        self.attention_norm = keras.layers.LayerNormalization(epsilon=1e-6)
        self.attention = keras.layers.MultiHeadAttention(
            heads, embedding_dim // heads, dropout=dropout
        )
        self.forward_norm = keras.layers.LayerNormalization(epsilon=1e-6)
        self.widen = keras.layers.Dense(4 * embedding_dim, activation="gelu")
        self.narrow = keras.layers.Dense(embedding_dim)
        self.dropout = keras.layers.Dropout(dropout)

    def build(self, input_shape: Any) -> None:
        self.attention_norm.build(input_shape)
        self.attention.build(input_shape, input_shape)
        self.forward_norm.build(input_shape)
        self.widen.build(input_shape)
        self.narrow.build((*input_shape[:-1], self.widen.units))
        self.built = True

    def call(self, tokens: Any, mask: Any, training: bool | None = None) -> Any:
        """Maps `[batch, tokens, dim]` to the same shape; `mask` is `[batch, tokens, tokens]`."""
        normed = self.attention_norm(tokens)
        attended = self.attention(normed, normed, attention_mask=mask, training=training)
        tokens = tokens + self.dropout(attended, training=training)
        widened = self.widen(self.forward_norm(tokens))
        return tokens + self.dropout(self.narrow(widened), training=training)


class QueryTower(keras.layers.Layer):
    """Reads a history and gives the query that predicts the event after each of its events.

    The first token stands for the viewer: a learned start vector plus the user features. It is what
    a viewer without a history is known by, and every later token attends to it.
    """

    def __init__(
        self,
        user_sizes: dict[str, int],
        rating_range: tuple[float, float],
        embedding_dim: int,
        history_len: int,
        blocks: int,
        heads: int,
        dropout: float,
        unit: bool,
        **kwargs: Any,
    ):
        """Creates the tower.

        Args:
            user_sizes: User feature to its number of indices, padding included.
            rating_range: Ends of the rating scale.
            embedding_dim: Width of the vectors.
            history_len: Events read.
            blocks: Transformer blocks.
            heads: Attention heads in each block.
            dropout: Dropout rate.
            unit: Scale queries to length 1.
            **kwargs: Of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.embedding_dim, self.history_len, self.unit = embedding_dim, history_len, unit
        self.rating_range = rating_range
        small = keras.initializers.RandomNormal(stddev=INITIAL_STDDEV)

        def table(size: int, name: str) -> Any:
            return keras.layers.Embedding(
                size, embedding_dim, embeddings_initializer=small, name=name
            )

        self.user_tables = {n: table(size, f"{n}_embedding") for n, size in user_sizes.items()}
        self.position = table(history_len, "position_embedding")
        self.gap = table(TIME_BUCKETS, "gap_embedding")
        self.rating = keras.layers.Dense(embedding_dim, kernel_initializer=small, name="rating")
        self.dropout = keras.layers.Dropout(dropout)
        self.blocks = [TransformerBlock(embedding_dim, heads, dropout) for _ in range(blocks)]
        self.norm = keras.layers.LayerNormalization(epsilon=1e-6)

    def build(self, input_shape: Any = None) -> None:
        for part in (*self.user_tables.values(), self.position, self.gap):
            part.build(None)
        self.rating.build((None, None, 2))
        tokens = (None, None, self.embedding_dim)
        for part in (*self.blocks, self.norm):
            part.build(tokens)
        # Not zeros: without user features the query of no event would be exactly 0, where scaling
        # to length 1 multiplies gradients by 1e7 and each layer norm by 1e3 (NaN under XLA).
        self.start = self.add_weight(
            shape=(self.embedding_dim,),
            initializer=keras.initializers.RandomNormal(stddev=INITIAL_STDDEV),
            name="start_token",
        )
        self.built = True

    def call(self, batch: dict[str, Any], vectors: Any, training: bool | None = None) -> Any:
        """Encodes histories.

        Args:
            batch: `history_item_id` `[batch, history_len]` int64, left-padded with 0;
                `history_rating` the same shape, float, NaN where none was given;
                `history_timestamp` the same shape, int64 unix seconds, 0 where unknown;
                each user feature `[batch]` int64.
            vectors: `[batch, history_len, embedding_dim]`, the item vectors of the history.
            training: Whether dropout applies.

        Returns:
            `[batch, 1 + history_len, embedding_dim]`: the query after no event, then the query
            after each event. Rows of padding carry no meaning.
        """
        present = ops.not_equal(batch[columns.HISTORY_ITEM_ID], columns.PADDING)
        events = vectors * self.embedding_dim**0.5 if self.unit else vectors
        events = events + self.position(ops.arange(self.history_len))
        events = events + self.gap(gap_bucket(batch[columns.HISTORY_TIMESTAMP], present))
        events = events + self.rating(
            rating_inputs(batch[columns.HISTORY_RATING], self.rating_range)
        )
        tokens = ops.concatenate([self._viewer(batch, present), events], axis=1)
        tokens = self.dropout(tokens, training=training)
        mask = causal_mask(present)
        for block in self.blocks:
            tokens = block(tokens, mask, training=training)
        tokens = self.norm(tokens)
        return ops.normalize(tokens, axis=-1) if self.unit else tokens

    def _viewer(self, batch: dict[str, Any], present: Any) -> Any:
        """The viewer token, `[batch, 1, embedding_dim]`."""
        viewer = ops.broadcast_to(self.start, (ops.shape(present)[0], 1, self.embedding_dim))
        for name, table in self.user_tables.items():
            viewer = viewer + mean_embedding(table, ops.expand_dims(batch[name], -1))[:, None, :]
        return viewer


def causal_mask(present: Any) -> Any:
    """What each token may attend to: itself, the viewer token, and real events before it.

    Args:
        present: `[batch, history_len]` bool, False is padding.

    Returns:
        `[batch, 1 + history_len, 1 + history_len]` bool.
    """
    keys = ops.pad(present, [[0, 0], [1, 0]], constant_values=True)
    length = ops.shape(keys)[1]
    steps = ops.arange(length)
    causal = ops.expand_dims(steps, 0) <= ops.expand_dims(steps, 1)
    return ops.logical_and(ops.expand_dims(keys, 1), ops.expand_dims(causal, 0))
