"""What retrieval gains over baselines on the same lists."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from benchmarks.retrieval_metrics import OVER, gains, over_baselines
from schemas.config import EvaluateConfig
from tests.evaluation.build import make_requests

USERS = 40


def lists_with_targets_at(places: Sequence[int]) -> np.ndarray:
    """Every user asks for item 1, which is at such a place of their list."""
    lists = np.full((USERS, 200), -1, np.int32)
    lists[:, :10] = np.arange(2, 12)
    lists[np.arange(USERS), np.asarray(places) - 1] = 1
    return lists


def test_gains_are_paired_by_user_and_a_mean_over_the_models() -> None:
    requests = make_requests([[0]] * USERS, [1] * USERS, items=20)
    lists = {
        "popularity": lists_with_targets_at([3] * USERS),
        # NDCG 1 in place of 1 / 2 for half of the people by one seed, and the same by the other.
        "seed_1": lists_with_targets_at([1] * 20 + [3] * 20),
        "seed_2": lists_with_targets_at([3] * USERS),
    }
    found = over_baselines(
        ["popularity"], ["seed_1", "seed_2"], lists, requests, EvaluateConfig(resamples=500)
    )
    figures = gains({OVER: found})
    assert figures["ndcg@10_over_popularity"] == 0.125
    assert 0.05 < figures["ndcg@10_over_popularity_low"] < 0.125
    assert 0.125 < figures["ndcg@10_over_popularity_high"] < 0.2
    assert figures["ndcg@10_over_popularity_p"] < 0.01
    assert figures["hr@10_over_popularity"] == 0
    assert figures["hr@10_over_popularity_p"] == 1
    swapped = over_baselines(
        ["seed_1"], ["popularity"], lists, requests, EvaluateConfig(resamples=500)
    )
    assert gains({OVER: swapped})["ndcg@10_over_seed_1"] == pytest.approx(-0.25)
