"""The ranker's multi-task training model."""

from __future__ import annotations

from typing import Any

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
import keras
from keras import ops

from ranking.batches import LABEL, RATING_TABLE
from ranking.fast_weights import FastWeights
from ranking.geometry import last_events
from ranking.item_memory import ItemMemory
from ranking.losses import listwise, log_loss, squared_error
from ranking.model import Ranker
from schemas import columns
from schemas.config import RankingConfig

MADE_AT_ONCE = 50_000
"""Items whose vectors are made together: the content of a million would not fit into memory. Of a
catalogue with more, a step makes those of its own events and candidates."""


class RankerTrainer(keras.Model):
    """Looks up what is known of items, runs the ranker on each kind of batch, adds the losses.

    Ratings: squared error of every owner's rating, and of the owners' mean rating. Like: whether
    the rating reaches a threshold. Watch-next: listwise softmax cross-entropy of the watched item
    among the candidates. The weights of the tasks are the configuration's or, with `task_weights =
    "learned"`, these over a variance of each that is learned along (Kendall, Gal and Cipolla,
    CVPR 2018).
    """

    def __init__(
        self,
        ranker: Ranker,
        item_table: dict[str, np.ndarray],
        memory: ItemMemory,
        config: RankingConfig,
    ):
        """Creates the training model.

        Args:
            ranker: The model to train.
            item_table: As `schemas.prepared.load_item_table` gives it.
            memory: Affinities counted before the events of the lists, as those of a request will
                be, and ratings counted over all events that are fitted, without each of
                `RATING_PARTS` parts of the users.
            config: The stage's configuration.
        """
        super().__init__()
        self.ranker, self.config = ranker, config
        self.item_table = {name: ops.convert_to_tensor(v) for name, v in item_table.items()}
        self.memory = memory
        self.weights_of_tasks = {
            "rating_loss": config.rating_weight,
            "like_loss": config.like_weight,
            "pair_loss": config.pair_weight,
            "watch_next_loss": config.watch_next_weight,
        }
        self.trackers = {name: keras.metrics.Mean(name=name) for name in self.weights_of_tasks}
        self.log_variance = None
        if config.task_weights == "learned":
            self.log_variance = FastWeights(np.zeros(len(self.trackers)), name="log_variance")
        self.built = True

    def call(
        self, batches: dict[str, dict[str, Any]], training: bool | None = None
    ) -> dict[str, dict[str, Any]]:
        """The ranker's outputs for each kind of batch given."""
        few = self.memory.indices <= MADE_AT_ONCE
        vectors = self.ranker.item_vectors(self.item_table) if few else None
        return {
            kind: self.score(batch, vectors, training=training) for kind, batch in batches.items()
        }

    def item_vectors(self) -> Any:
        """Vectors of every item index by id and content, `[indices, embedding_dim + 1]`."""
        parts = [
            self.ranker.item_vectors(
                {n: v[at : at + MADE_AT_ONCE] for n, v in self.item_table.items()}
            )
            for at in range(0, self.memory.indices, MADE_AT_ONCE)
        ]
        return ops.concatenate(parts, axis=0)

    def score(
        self, batch: dict[str, Any], vectors: Any = None, training: bool | None = None
    ) -> Any:
        """The ranker's outputs for a batch that names items by index.

        Args:
            batch: As `ranking.batches` makes it.
            vectors: As `item_vectors` gives them; None: those of the batch's items are made.
            training: Whether dropout applies.
        """
        history, candidates = batch[columns.HISTORY_ITEM_ID], batch[columns.CANDIDATE_ITEM_ID]
        table = batch[RATING_TABLE]
        looked_up = {
            "history_vector": self._rated(vectors, history, table[..., None]),
            "candidate_vector": self._rated(vectors, candidates, table[:, :1, None]),
            "affinity": self.memory.affinity(
                last_events(history, self.config.attention_len), candidates
            ),
            "agreement": self.memory.agreement(history, candidates, table),
        }
        return self.ranker(batch | looked_up, training=training)

    def _rated(self, vectors: Any, items: Any, table: Any) -> Any:
        ratings = self.memory.ratings(items, table)
        if vectors is None:
            flat = ops.reshape(items, (-1,))
            named = {name: ops.take(v, flat, axis=0) for name, v in self.item_table.items()}
            made = self.ranker.item_vectors(named)
            made = ops.reshape(made, (*ops.shape(items), made.shape[-1]))
        else:
            made = ops.take(vectors, items, axis=0)
        return self.ranker.rated(made, *ratings)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Weighted sum of the tasks' losses."""
        losses = self._task_losses(x, y_pred)
        for name, value in losses.items():
            self.trackers[name].update_state(value)
        values = ops.stack([losses[name] for name in self.trackers])
        if self.log_variance is not None:
            spread = self.log_variance.values()
            values = ops.exp(-spread) * values + spread
        return ops.sum(ops.multiply([*self.weights_of_tasks.values()], values))

    def _task_losses(self, x: Any, y_pred: Any) -> dict[str, Any]:
        singles, pairs, lists = (x[kind] for kind in ("singles", "pairs", "lists"))
        together = ops.mean(pairs[LABEL], axis=-1)
        return {
            "rating_loss": squared_error(y_pred["singles"]["rating"], singles[LABEL]),
            "like_loss": log_loss(
                y_pred["singles"]["like"], singles[LABEL], self.ranker.like_threshold
            ),
            "pair_loss": squared_error(y_pred["pairs"]["joint_rating"], together)
            + squared_error(y_pred["pairs"]["rating"], pairs[LABEL]),
            "watch_next_loss": listwise(
                y_pred["lists"]["watch_next"][..., 0], lists[columns.CANDIDATE_ITEM_ID]
            ),
        }
