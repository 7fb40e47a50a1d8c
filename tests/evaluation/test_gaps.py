import numpy as np
import pytest

from evaluation.gaps import gaps
from schemas.config import EvaluateConfig

CONFIG = EvaluateConfig(resamples=500, seed=2)


def people(*counts):
    """Users u00, ..., and for each group who is in it."""
    users = np.array([f"u{n:03}" for n in range(sum(counts))], object)
    number = np.repeat(np.arange(len(counts)), counts)
    return users, {f"group {n}": number == n for n in range(len(counts))}


def test_gap_by_hand():
    users, groups = people(20, 20, 20)
    # Hits of 15, 5 and 10 of 20: .75 and .25 are furthest apart.
    hit = np.concatenate([np.arange(20) < hits for hits in (15, 5, 10)]).astype(float)
    found = gaps({"hr@10": hit, "ndcg@10": -hit}, groups, users, CONFIG)
    assert found["hr@10"]["gap"] == 0.5
    assert (found["hr@10"]["best"], found["hr@10"]["worst"]) == ("group 0", "group 1")
    assert (found["ndcg@10"]["best"], found["ndcg@10"]["worst"]) == ("group 1", "group 0")
    # The difference of two shares of 20: a standard error of sqrt(2 * .75 * .25 / 20) = .137.
    low, high = found["hr@10"]["interval"]
    assert (low, high) == pytest.approx((0.5 - 1.96 * 0.137, 0.5 + 1.96 * 0.137), abs=0.06)


def test_small_groups_are_left_out():
    users, groups = people(20, 19, 20)
    hit = np.concatenate([np.full(20, 0.5), np.zeros(19), np.full(20, 0.25)])
    found = gaps({"hr@10": hit}, groups, users, CONFIG)["hr@10"]
    assert (found["gap"], found["worst"]) == (0.25, "group 2")
    assert (
        gaps({"hr@10": hit[:39]}, {n: g[:39] for n, g in groups.items()}, users[:39], CONFIG) == {}
    )


def test_the_lists_of_a_user_come_along():
    # 20 people with two lists each are as uncertain as 20 with one.
    users, groups = people(20, 20)
    hit = np.concatenate([np.arange(20) < hits for hits in (15, 5)]).astype(float)
    once = gaps({"hr@10": hit}, groups, users, CONFIG)
    twice = gaps(
        {"hr@10": np.repeat(hit, 2)},
        {name: np.repeat(held, 2) for name, held in groups.items()},
        np.repeat(users, 2),
        CONFIG,
    )
    assert once == twice
