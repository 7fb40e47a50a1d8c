"""The weighted sum of the tasks' losses, by hand."""

from __future__ import annotations

import numpy as np
import pytest

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
from ranking.item_memory import ItemMemory
from ranking.model import Ranker
from ranking.trainer import RankerTrainer
from schemas.config import RankingConfig

WEIGHTS = {"rating_weight": 1.0, "like_weight": 0.5, "pair_weight": 0.25, "watch_next_weight": 2.0}
# A rating of 4 predicted as 3; a coin's toss of liking it; 3 in place of the mean 4 of 3 and 5 and
# in place of each of these; and an even choice of two.
LOSSES = (1.0, np.log(2), 1.0 + (0.0 + 4.0) / 2, np.log(2))
PREDICTED = {
    "singles": {"rating": np.float32([3.0]), "like": np.float32([0.0])},
    "pairs": {"joint_rating": np.float32([[3.0]]), "rating": np.float32([[[3.0, 3.0]]])},
    "lists": {"watch_next": np.zeros((1, 1, 2, 1), np.float32)},
}
ASKED = {
    "singles": {"label": np.float32([4.0])},
    "pairs": {"label": np.float32([[[3.0, 5.0]]])},
    "lists": {"candidate_item_id": np.array([[[7, 8]]])},
}


def make(task_weights: str) -> RankerTrainer:
    config = RankingConfig(
        embedding_dim=8, heads=1, blocks=1, hidden=(4,), task_weights=task_weights, **WEIGHTS
    )
    ranker = Ranker({"item_id": 10}, {}, (1.0, 5.0), 3.5, config)
    neighbour = np.zeros((10, 2), np.int32)
    memory = ItemMemory({"affinity_neighbour": neighbour, "rating_neighbour": neighbour})
    return RankerTrainer(ranker, {"item_id": np.arange(10)}, memory, config)


def test_fixed_weights_are_the_configuration_s() -> None:
    trainer = make("fixed")
    expected = np.dot([*WEIGHTS.values()], LOSSES)
    assert float(trainer.compute_loss(ASKED, None, PREDICTED)) == pytest.approx(expected, rel=1e-6)
    tracked = [float(metric.result()) for metric in trainer.trackers.values()]
    np.testing.assert_allclose(tracked, LOSSES, rtol=1e-6)


def test_learned_weights_divide_by_the_variance_and_pay_for_it() -> None:
    trainer = make("learned")
    assert trainer.log_variance is not None
    spread = np.array([0.5, -1.0, 0.0, 2.0])
    trainer.log_variance.assign(spread)
    expected = np.dot([*WEIGHTS.values()], np.exp(-spread) * LOSSES + spread)
    assert float(trainer.compute_loss(ASKED, None, PREDICTED)) == pytest.approx(expected, rel=1e-6)
    assert any(weight is trainer.log_variance.slow for weight in trainer.trainable_weights)
