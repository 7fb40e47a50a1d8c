"""The ranker's multi-task training model."""

from __future__ import annotations

from typing import Any

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
import keras
from keras import ops

from ranking.model import Ranker
from schemas import columns
from schemas.config import RankingConfig

NEVER = -1e9


class RankerTrainer(keras.Model):
    """Looks item vectors up, runs the ranker on each kind of batch, and adds the losses.

    Ratings: squared error of every owner's rating, and of the owners' mean rating. Watch-next:
    listwise softmax cross-entropy of the watched item among the candidates (ListNet's top-one
    form, Cao et al. 2007).
    """

    def __init__(self, ranker: Ranker, item_table: dict[str, np.ndarray], config: RankingConfig):
        """Creates the training model.

        Args:
            ranker: The model to train.
            item_table: As `schemas.prepared.load_item_table` gives it.
            config: The stage's configuration.
        """
        super().__init__()
        self.ranker, self.config = ranker, config
        self.item_table = {name: ops.convert_to_tensor(v) for name, v in item_table.items()}
        names = ("rating_loss", "pair_loss", "watch_next_loss")
        self.trackers = {name: keras.metrics.Mean(name=name) for name in names}
        self.built = True

    def call(
        self, batches: dict[str, dict[str, Any]], training: bool | None = None
    ) -> dict[str, dict[str, Any]]:
        """The ranker's outputs for each kind of batch given."""
        vectors = self.item_vectors()
        return {
            kind: self.score(batch, vectors, training=training) for kind, batch in batches.items()
        }

    def item_vectors(self) -> Any:
        """Ranker vectors of every item index, `[indices, embedding_dim + 1]`."""
        return self.ranker.item_vectors(self.item_table)

    def score(self, batch: dict[str, Any], vectors: Any, training: bool | None = None) -> Any:
        """The ranker's outputs for a batch that names items by index."""
        looked_up = {
            "history_vector": ops.take(vectors, batch[columns.HISTORY_ITEM_ID], axis=0),
            "candidate_vector": ops.take(vectors, batch[columns.CANDIDATE_ITEM_ID], axis=0),
        }
        return self.ranker(batch | looked_up, training=training)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Weighted sum of the three losses."""
        rating = _squared_error(y_pred["singles"]["rating"], x["singles"]["label"])
        together = ops.mean(x["pairs"]["label"], axis=-1)
        pair = _squared_error(y_pred["pairs"]["joint_rating"], together)
        pair = pair + _squared_error(y_pred["pairs"]["rating"], x["pairs"]["label"])
        watch = _listwise(y_pred["lists"]["watch_next"], x["lists"][columns.CANDIDATE_ITEM_ID])
        for name, value in zip(self.trackers, (rating, pair, watch), strict=True):
            self.trackers[name].update_state(value)
        return (
            self.config.rating_weight * rating
            + self.config.pair_weight * pair
            + self.config.watch_next_weight * watch
        )


def _squared_error(predicted: Any, label: Any) -> Any:
    """Mean over the labels that are given; NaN is none."""
    given = ops.logical_not(ops.isnan(label))
    error = ops.where(given, predicted - ops.where(given, label, 0.0), 0.0)
    return ops.sum(ops.square(error)) / ops.maximum(ops.sum(ops.cast(given, error.dtype)), 1.0)


def _listwise(scores: Any, candidates: Any) -> Any:
    """Mean negative log softmax of the first candidate of each list; 0 is no item.

    Args:
        scores: `[batch, slots, candidates]` float.
        candidates: The same shape, item indices, the watched item first.
    """
    real = ops.not_equal(candidates, columns.PADDING)
    losses = -ops.log_softmax(ops.where(real, scores, NEVER), axis=-1)[..., 0]
    some = ops.cast(real[..., 0], losses.dtype)
    return ops.sum(losses * some) / ops.maximum(ops.sum(some), 1.0)
