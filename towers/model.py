"""The two-tower retrieval model as Keras trains it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
import keras
from keras import ops

from schemas import columns
from schemas.config import RetrievalConfig
from towers.item_tower import ItemTower
from towers.negatives import negatives_of
from towers.query_tower import QueryTower
from towers.training.devices import sum_over_replicas

Loss = Callable[..., Any]
"""One of `towers.losses`."""


class RetrievalModel(keras.Model):
    """A query tower over item-tower vectors, trained at every position of every history."""

    def __init__(
        self,
        catalogue: dict[str, np.ndarray],
        is_item: np.ndarray,
        is_fitted: np.ndarray,
        item_sizes: dict[str, int],
        user_sizes: dict[str, int],
        rating_range: tuple[float, float],
        config: RetrievalConfig,
        loss: Loss,
    ):
        """Creates both towers.

        Args:
            catalogue: `item_id` `[indices]` int64 and each content feature `[indices, values]`
                int64, for every index of the vocabulary: padding, items, the unknown item.
            is_item: `[indices]` bool, which of them are items of the catalogue, and so candidates.
            is_fitted: `[indices]` bool, which have a fitted event. The others are never a negative,
                for what is always one is trained away, and have the id of an unknown item: what
                is known of them is their content.
            item_sizes: `item_id` and each content feature to its number of indices.
            user_sizes: User feature to its number of indices.
            rating_range: Ends of the rating scale.
            config: The stage's configuration.
            loss: Loss of queries against the catalogue.
        """
        super().__init__()
        unknown_id = len(is_item) - columns.UNKNOWN_ITEMS
        ids = np.where(is_item & ~is_fitted, unknown_id, catalogue[columns.ITEM_ID])
        self.catalogue = {
            name: ops.convert_to_tensor(values)
            for name, values in (catalogue | {columns.ITEM_ID: ids}).items()
        }
        self.is_candidate = ops.convert_to_tensor(is_item)
        self.is_negative = ops.convert_to_tensor(is_item & is_fitted)
        self.retrieval_loss = loss
        unit = config.temperature > 0
        self.scale = 1.0 / config.temperature if unit else 1.0
        self.mask_seen = config.mask_seen
        # Items that are their ids alone would all be one vector without them, and learn nothing.
        id_dropout = config.item_id_dropout if len(item_sizes) > 1 else 0.0
        self.item_tower = ItemTower(
            item_sizes, config.embedding_dim, unit, id_dropout, unknown_id, name="item_tower"
        )
        self.query_tower = QueryTower(
            item_sizes[columns.ITEM_ID], user_sizes, rating_range, config, name="query_tower"
        )
        self.item_tower.build(None)
        self.query_tower.build(None)
        self.built = True

    def call(self, batch: dict[str, Any], training: bool | None = None) -> dict[str, Any]:
        """Queries `[batch, 1 + history_len, dim]` and the catalogue's vectors `[indices, dim]`."""
        vectors = self.item_tower(self.catalogue, training=training)
        history = ops.take(vectors, batch[columns.HISTORY_ITEM_ID], axis=0)
        return {
            "queries": self.query_tower(batch, history, training=training),
            "catalogue": vectors,
        }

    def encode_items(self, items: dict[str, Any]) -> Any:
        """Vectors of items as `catalogue_vectors` has them, `[items, embedding_dim]` float32.

        Args:
            items: As in `ItemTower.call`, with ids of the vocabulary.
        """
        ids = ops.take(self.catalogue[columns.ITEM_ID], items[columns.ITEM_ID])
        return ops.cast(self.item_tower(items | {columns.ITEM_ID: ids}), "float32")

    def catalogue_vectors(self) -> Any:
        """Vectors of every item index, `[indices, embedding_dim]`."""
        return ops.cast(self.item_tower(self.catalogue), "float32")

    def item_tables(self) -> dict[str, Any]:
        """What the vectors of items are sums of, by feature; float32.

        Returns:
            `item_id` `[indices, embedding_dim]`, of an item that was not fitted the unknown item's,
            and of each content feature `[its indices, embedding_dim]`.
        """
        tables = {name: layer.embeddings for name, layer in self.item_tower.tables.items()}
        of_id = ops.take(tables[columns.ITEM_ID], self.catalogue[columns.ITEM_ID], axis=0)
        return tables | {columns.ITEM_ID: of_id}

    def queries(self, batch: dict[str, Any], vectors: Any) -> Any:
        """Queries after no event and after each event, without dropout.

        Args:
            batch: As in `QueryTower.call`.
            vectors: `[indices, embedding_dim]`, from `catalogue_vectors`.

        Returns:
            `[batch, 1 + history_len, embedding_dim]`; the inner product with an item vector is the
            logit that the loss saw.
        """
        history = ops.take(vectors, batch[columns.HISTORY_ITEM_ID], axis=0)
        queries = self.query_tower(batch, history, training=False)
        return ops.cast(queries, "float32") * self.scale

    def newest_query(self, batch: dict[str, Any], history: Any) -> Any:
        """Query after the newest event, or after none where the history is empty.

        Args:
            batch: As in `QueryTower.call`.
            history: `[batch, history_len, embedding_dim]`, the history's item vectors.

        Returns:
            `[batch, embedding_dim]`, scaled as in `queries`.
        """
        tokens = ops.cast(self.query_tower(batch, history, training=False), "float32")
        present = ops.not_equal(batch[columns.HISTORY_ITEM_ID], columns.PADDING)
        some = ops.any(present, axis=1, keepdims=True)
        # Histories are left-padded: the last token is the newest event, the first is the viewer.
        return ops.where(some, tokens[:, -1], tokens[:, 0]) * self.scale

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Mean loss over the positions that have a target, in all replicas.

        Keras adds up the gradients of replicas, so that each one's share is what it gives.
        """
        count = ops.sum(ops.cast(ops.not_equal(y, columns.PADDING), "float32"))
        return self.total_loss(x, y, y_pred) / ops.maximum(sum_over_replicas(count), 1.0)

    def total_loss(self, batch: dict[str, Any], targets: Any, y_pred: dict[str, Any]) -> Any:
        """Loss of every position that has a target against the catalogue, added up.

        Args:
            batch: As in `QueryTower.call`.
            targets: `[batch, 1 + history_len]` int64, 0 where there is none.
            y_pred: What `call` returned.

        Returns:
            Scalar float32.
        """
        queries = ops.reshape(y_pred["queries"], (-1, y_pred["queries"].shape[-1]))
        return self.retrieval_loss(
            # In full precision, whatever the layers compute in: logits reach far and differ little.
            ops.cast(queries, "float32") * self.scale,
            ops.reshape(targets, (-1,)),
            ops.cast(y_pred["catalogue"], "float32"),
            negatives_of(batch[columns.HISTORY_ITEM_ID], self.is_negative, self.mask_seen),
        )
