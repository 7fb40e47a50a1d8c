"""The query tower: a viewer's features and history to one vector after every event."""

from __future__ import annotations

from typing import Any

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
import keras
from keras import ops

from schemas import columns
from schemas.config import RetrievalConfig
from towers.dropout import Dropout
from towers.encoders.choose import new_encoder
from towers.event_inputs import TIME_BUCKETS, gap_bucket, rating_inputs
from towers.initializers import small_normal
from towers.item_tower import mean_embedding, unit_length
from towers.request_context import RequestContext
from towers.successors import Successors


class QueryTower(keras.layers.Layer):
    """Reads a history and gives the query that predicts the event after each of its events.

    The viewer's token is a learned start vector plus the user features. It is what a viewer without
    a history is known by, and every encoder reads it before the events.
    """

    def __init__(
        self,
        items: int,
        user_sizes: dict[str, int],
        rating_range: tuple[float, float],
        config: RetrievalConfig,
        **kwargs: Any,
    ):
        """Creates the tower.

        Args:
            items: Number of item indices, padding and out-of-vocabulary included.
            user_sizes: User feature to its number of indices, padding included.
            rating_range: Ends of the rating scale.
            config: The stage's configuration.
            **kwargs: Of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.embedding_dim, self.history_len = config.embedding_dim, config.history_len
        self.unit = config.temperature > 0
        self.rating_range = rating_range
        small = small_normal()

        def table(size: int, name: str) -> Any:
            return keras.layers.Embedding(
                size, config.embedding_dim, embeddings_initializer=small, name=name
            )

        self.user_tables = {n: table(size, f"{n}_embedding") for n, size in user_sizes.items()}
        self.gap = table(TIME_BUCKETS, "gap_embedding")
        self.rating = keras.layers.Dense(
            config.embedding_dim, kernel_initializer=small, name="rating"
        )
        self.dropout = Dropout(config.dropout)
        self.encoder = new_encoder(config)
        self.norm = keras.layers.LayerNormalization(epsilon=1e-6)
        self.successors = None
        if config.successors:
            self.successors = Successors(items, config.embedding_dim, config.successors)
        self.context = RequestContext(config.embedding_dim) if config.request_context else None

    def build(self, input_shape: Any = None) -> None:
        for part in (*self.user_tables.values(), self.gap):
            part.build(None)
        self.rating.build((None, None, 2))
        self.norm.build((None, None, self.embedding_dim))
        if self.successors is not None:
            self.successors.build(None)
        if self.context is not None:
            self.context.build(None)
        # Not zeros: without user features the query of no event would be exactly 0, where scaling
        # to length 1 multiplies gradients by 1e7 and each layer norm by 1e3 (NaN under XLA).
        self.start = self.add_weight(
            shape=(self.embedding_dim,),
            initializer=small_normal(),
            name="start_token",
        )
        self.built = True

    def call(self, batch: dict[str, Any], vectors: Any, training: bool | None = None) -> Any:
        """Encodes histories.

        Args:
            batch: `history_item_id` `[batch, history_len]` int64, left-padded with 0;
                `history_rating` the same shape, float, NaN where none was given;
                `history_timestamp` the same shape, int64 unix seconds, 0 where unknown;
                each user feature `[batch]` int64; with request context `request_timestamp`, int64
                `[batch, 1 + history_len]` or, for one moment, `[batch, 1]`, 0 where unknown.
            vectors: `[batch, history_len, embedding_dim]`, the item vectors of the history.
            training: Whether dropout applies.

        Returns:
            `[batch, 1 + history_len, embedding_dim]`: the query after no event, then the query
            after each event. Rows of padding carry no meaning.
        """
        present = ops.not_equal(batch[columns.HISTORY_ITEM_ID], columns.PADDING)
        timestamp = batch[columns.HISTORY_TIMESTAMP]
        events = vectors * self.embedding_dim**0.5 if self.unit else vectors
        events = events + self.gap(gap_bucket(timestamp, present))
        events = events + self.rating(
            rating_inputs(batch[columns.HISTORY_RATING], self.rating_range)
        )
        queries = self.encoder(
            self.dropout(self._viewer(batch, present), training=training),
            self.dropout(events, training=training),
            present,
            timestamp,
            training=training,
        )
        queries = self.norm(queries)
        if self.successors is not None:
            queries = queries + self.successors(batch[columns.HISTORY_ITEM_ID])
        if self.context is not None:
            queries = queries + self.context(batch[columns.REQUEST_TIMESTAMP])
        return unit_length(queries) if self.unit else queries

    def _viewer(self, batch: dict[str, Any], present: Any) -> Any:
        """The viewer token, `[batch, 1, embedding_dim]`."""
        viewer = ops.broadcast_to(self.start, (ops.shape(present)[0], 1, self.embedding_dim))
        for name, table in self.user_tables.items():
            viewer = viewer + mean_embedding(table, ops.expand_dims(batch[name], -1))[:, None, :]
        return viewer
