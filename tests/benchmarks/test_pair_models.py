"""Errors of pairs and singles by hand, and their summary over seeds."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.pair_models import errors, reference, summary
from evaluation.baselines.pairs.model import PairModel
from evaluation.ratings import common_target_pairs
from evaluation.requests import Requests
from tests.evaluation.build import make_requests


class Sum(PairModel):
    """Rates by the sum of the rows and the item."""

    def rate(
        self, requests: Requests, left: np.ndarray, right: np.ndarray, item: np.ndarray
    ) -> np.ndarray:
        return (left + right + item).astype(np.float32)


def test_errors_by_hand() -> None:
    # u0 and u1 share item 1 with ratings 2 and 5, mean 3.5; u2 has item 0 without a rating.
    requests = make_requests([[], [], []], [1, 1, 0], 2, target_ratings=[2, 5, float("nan")])
    pairs = common_target_pairs(requests, per_item=10, seed=1)
    # Together 0 + 1 + 1 = 2, 1.5 off. Alone 1 and 3: 1 and 2 off, rmse sqrt(2.5); average 2.
    assert errors(Sum(), requests, pairs) == {
        "rmse_stars": 1.5,
        "mae_stars": 1.5,
        "single_rmse_stars": pytest.approx(2.5**0.5, abs=1e-4),
        "single_mae_stars": 1.5,
        "average_of_singles_rmse_stars": 1.5,
        "average_of_singles_mae_stars": 1.5,
    }


def test_the_reference_by_hand() -> None:
    # Fitted ratings 1 and 3 of item 0: mean 2, no bias of items; users -1 / 11 and +1 / 11.
    requests = make_requests([[0], [0]], [1, 1], 2, ratings=[[1], [3]], target_ratings=[2, 4])
    pairs = common_target_pairs(requests, per_item=10, seed=1)
    found = reference(requests, requests, pairs, (1.0, 5.0))
    assert found["mean_rating"] == {"rmse_stars": 1.0, "mae_stars": 1.0}
    assert found["bias_average"]["rmse_stars"] == 1.0
    # Predicted 2 - 1 / 11 and 2 + 1 / 11: errors 1 / 11 and 21 / 11, their mean 1.
    assert found["bias_average"]["single_mae_stars"] == 1.0
    assert found["bias_average"]["single_rmse_stars"] == pytest.approx(1.3515, abs=1e-4)


def test_a_summary_is_over_seeds() -> None:
    assert summary([{"a": 1.0}]) == {"a": 1.0}
    assert summary([{"a": 1.0}, {"a": 2.0}]) == {"a": 1.5, "a_deviation": 0.70711}
