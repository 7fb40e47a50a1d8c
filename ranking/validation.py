"""What a ranker is worth on the events that it is validated on."""

from __future__ import annotations

from typing import Any

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before TensorFlow)

# isort: split
import tensorflow as tf

from ranking.batches import list_inputs
from ranking.samples import CandidateLists
from ranking.trainer import RankerTrainer
from schemas import columns

NDCG_K = 10
SCORE_BATCH = 64


class Validator:
    """Scores the newest held-back event of each user with the ranker's weights of now."""

    def __init__(self, trainer: RankerTrainer, held: CandidateLists, history_len: int):
        self.trainer, self.held, self.history_len = trainer, held, history_len
        self._score = tf.function(trainer.score, reduce_retracing=True)

    def figures(self) -> dict[str, float]:
        """NDCG@10 of the retrieved list as ranked, and RMSE of the target's rating if any is rated.

        A target that retrieval missed counts 0.
        """
        vectors = self.trainer.item_vectors()
        gains, errors = [], []
        for start in range(0, len(self.held.user), SCORE_BATCH):
            gain, error = self._batch(slice(start, start + SCORE_BATCH), vectors)
            gains.append(gain)
            errors.append(error)
        error = np.concatenate(errors)
        rated = error[~np.isnan(error)]
        found = {"validation_ndcg@10": float(np.concatenate(gains).mean())}
        if len(rated):
            found["validation_rmse"] = float(np.sqrt(np.square(rated).mean()))
        return found

    def _batch(self, rows: slice, vectors: Any) -> tuple[np.ndarray, np.ndarray]:
        held = self.held
        # The target rides along last, for its rating; its watch-next score is not looked at.
        items = np.concatenate([held.item_id[rows], held.target[rows][..., None]], axis=-1)
        scores = np.pad(held.score[rows], [(0, 0), (0, 0), (0, 1)])
        batch = list_inputs(held, rows, items, scores, self.history_len)
        found = self._score(batch, vectors, training=False)
        watch_next = found["watch_next"].numpy()[:, 0, :-1, 0]
        rating = held.histories.rating[held.end[rows]]
        gain = _gain(watch_next, items[:, 0, :-1], items[:, 0, -1])
        return gain, found["rating"].numpy()[:, 0, -1, 0] - rating


def _gain(scores: np.ndarray, items: np.ndarray, target: np.ndarray) -> np.ndarray:
    """NDCG@10 of each row's target, `[rows]`; equal scores rank ahead of it.

    Raises:
        ValueError: A score is NaN, because training diverged.
    """
    if np.isnan(scores).any():
        raise ValueError("ranking scores: expected numbers, got NaN: training diverged")
    scores = np.where(items == columns.PADDING, -np.inf, scores)
    is_target = items == target[:, None]
    own = np.where(is_target, scores, -np.inf).max(axis=1, keepdims=True)
    rank = (scores >= own).sum(axis=1)
    return np.where(is_target.any(axis=1) & (rank <= NDCG_K), 1 / np.log2(1 + rank), 0.0)
