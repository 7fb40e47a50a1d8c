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


def test_a_user_with_many_lists_counts_no_more_often_in_the_draws() -> None:
    # u0 asks for 1 from 30 histories, and is served better each time; 10 others once, and worse.
    requests = make_requests([[0] * n for n in range(1, 41)], [1] * USERS, items=50)
    requests.user_ids[:] = ["u0"] * 30 + [f"v{n}" for n in range(10)]
    lists = {
        "popularity": lists_with_targets_at([3] * USERS),
        "retrieval": lists_with_targets_at([1] * 30 + [7] * 10),
    }
    found = over_baselines(
        ["popularity"], ["retrieval"], lists, requests, EvaluateConfig(resamples=500)
    )
    figures = gains({OVER: found})
    # 30 lists gain 1 - 1 / 2, and 10 lose 1 / 2 - 1 / 3.
    assert figures["ndcg@10_over_popularity"] == pytest.approx((30 / 2 - 10 / 6) / 40, abs=1e-4)
    # Without u0, which is so in 35 draws of 100, all lose.
    assert figures["ndcg@10_over_popularity_low"] == pytest.approx(-1 / 6, abs=1e-4)
    assert figures["ndcg@10_over_popularity_p"] > 0.05


def test_targets_of_one_list_are_one_list() -> None:
    # Every user asks for 1 and for 2 from one history; one of them is first, the other missing.
    requests = make_requests([[0]] * (2 * USERS), [1, 2] * USERS, items=20)
    requests.user_ids[:] = np.repeat([f"u{n:02}" for n in range(USERS)], 2)
    first = np.full((USERS, 200), -1, np.int32)
    first[:, 0] = 1
    second = np.full((USERS, 200), -1, np.int32)
    second[:, 1] = 2
    found = over_baselines(
        ["ease"],
        ["retrieval"],
        {"ease": second, "retrieval": first},
        requests,
        EvaluateConfig(resamples=100),
    )
    ideal = 1 + 1 / np.log2(3)
    gained = (1 - 1 / np.log2(3)) / ideal
    assert gains({OVER: found})["ndcg@10_over_ease"] == pytest.approx(gained, abs=1e-4)


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
