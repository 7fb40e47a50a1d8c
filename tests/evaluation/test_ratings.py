import dataclasses
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.ratings import Opinion, common_target_pairs, evaluate_ratings
from schemas.config import EvaluateConfig
from tests.evaluation.build import make_requests

NAN = float("nan")
CONFIG = EvaluateConfig(batch_size=2)
LIKED = 4.0


def rated(targets, target_ratings):
    return make_requests([[0]] * len(targets), targets, items=10, target_ratings=target_ratings)


def table(values):
    """Predicts what is written down for each request."""
    return lambda requests, rows: np.array(values, np.float32)[rows]


def opinions(values):
    """The same as an opinion: sure to like what is predicted to be rated 4 or more."""
    ratings = table(values)

    def predict(requests, rows):
        rating = ratings(requests, rows)
        return Opinion(rating, (rating >= LIKED).astype(np.float32))

    return predict


def no_pairs(requests, left, right):
    raise AssertionError("asked for a pair")


@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from([1.0, 5.0, NAN])), min_size=1))
def test_pairs_agree_with_trying_all(events):
    requests = rated([item for item, _ in events], [rating for _, rating in events])
    expected = [
        (left, right)
        for left, right in combinations(range(len(events)), 2)
        if events[left][0] == events[right][0]
        and np.isfinite([events[left][1], events[right][1]]).all()
    ]
    pairs = common_target_pairs(requests, per_item=1_000, seed=1)
    assert pairs.found == len(expected)
    assert list(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)) == expected


@given(st.lists(st.integers(0, 2), min_size=1, max_size=40), st.integers(1, 30), st.integers(0, 9))
def test_above_the_limit_pairs_are_drawn_each_at_most_once(targets, limit, seed):
    requests = rated(targets, [3.0] * len(targets))
    everything = common_target_pairs(requests, per_item=1_000, seed=1)
    drawn = common_target_pairs(requests, limit, seed)
    pairs = list(zip(drawn.left.tolist(), drawn.right.tolist(), strict=True))
    assert len(set(pairs)) == len(pairs)
    assert set(pairs) <= set(zip(everything.left.tolist(), everything.right.tolist(), strict=True))
    assert drawn.found == len(everything.left)
    taken = np.bincount(requests.target_item[drawn.left], minlength=3)
    there = np.bincount(requests.target_item[everything.left], minlength=3)
    assert taken.tolist() == np.minimum(there, limit).tolist()
    again = common_target_pairs(requests, limit, seed)
    assert (again.left.tolist(), again.right.tolist()) == (
        drawn.left.tolist(),
        drawn.right.tolist(),
    )


def test_every_pair_of_an_item_is_as_likely():
    # 5 of 10 pairs in each of 600 draws: 300 each, give or take 12 (standard deviation).
    requests = rated([1] * 5, [3.0] * 5)
    counts = np.zeros((5, 5), int)
    for seed in range(600):
        pairs = common_target_pairs(requests, 5, seed)
        counts[pairs.left, pairs.right] += 1
    found = counts[np.triu_indices(5, k=1)]
    assert found.sum() == 600 * 5
    assert (np.abs(found - 300) < 60).all()


def test_pairs_of_a_popular_item_are_never_all_listed():
    # 300 000 raters make 45 billion pairs, 720 GB of rows.
    requests = dataclasses.replace(
        rated([1], [3.0]),
        target_item=np.ones(300_000, np.int32),
        target_rating=np.full(300_000, 3.0, np.float32),
    )
    pairs = common_target_pairs(requests, per_item=1_000, seed=1)
    assert pairs.found == 300_000 * 299_999 // 2
    assert len(pairs.left) == 1_000
    assert (pairs.left < pairs.right).all()
    assert 0 <= pairs.left.min() < pairs.right.max() < 300_000


@pytest.mark.parametrize("batch_size", [1, 2, 100])
def test_errors_by_hand(batch_size):
    # u0, u1 and u3 share item 1 with ratings 5, 3 and 1; u2 is alone with item 2 and rating 4.
    requests = rated([1, 1, 2, 1], [5, 3, 4, 1])

    def joint(requests, left, right):
        # Right for u0 with u1 (mean 4) and u0 with u3 (mean 3), 1 too high for u1 with u3 (2).
        return np.where(left == 0, np.where(right == 1, 4.0, 3.0), 3.0)

    figures = evaluate_ratings(
        requests,
        opinions([4, 3, 4, 3]),
        joint,
        table([3, 3, 3, 3]),
        LIKED,
        EvaluateConfig(batch_size=batch_size),
    )
    # Errors -1, 0, 0, 2: sqrt(5 / 4) and 3 / 4. Of the bias model -2, 0, -1, 2: sqrt(9 / 4), 5 / 4.
    assert figures["rating"] == pytest.approx(
        {"rmse": 1.25**0.5, "mae": 0.75, "bias_rmse": 1.5, "bias_mae": 1.25}
    )
    # Of ratings 5, 3, 4 and 1 the first and third are liked, and no others are said to be.
    assert figures["like"]["auc"] == 1.0
    assert figures["like"]["bias_auc"] == 0.5
    # Joint errors 0, 0, 1. Singles average 3.5, 3.5 and 3: errors -0.5, 0.5, 1. Bias averages 3:
    # errors -1, 0, 1.
    assert figures["pair"] == pytest.approx(
        {
            "rmse": (1 / 3) ** 0.5,
            "rmse_average_of_singles": (1.5 / 3) ** 0.5,
            "rmse_average_of_bias": (2 / 3) ** 0.5,
            "pairs": 3,
            "pairs_found": 3,
        }
    )


def test_targets_without_a_rating_are_left_out():
    # u1 is not rated: neither its prediction nor its pair with u0 counts.
    requests = rated([1, 1, 2], [5, NAN, 3])
    figures = evaluate_ratings(
        requests, opinions([5, 1, 2]), no_pairs, table([5, 1, 3]), LIKED, CONFIG
    )
    # Errors 0 and -1: sqrt(1 / 2); the bias model has none.
    assert figures["rating"]["rmse"] == pytest.approx(0.5**0.5)
    assert figures["rating"]["bias_rmse"] == 0
    assert figures["pair"] == {"pairs": 0, "pairs_found": 0}


def test_no_rating_at_all_is_an_error():
    with pytest.raises(ValueError, match="target_rating: expected at least one rating, got none"):
        evaluate_ratings(
            rated([1, 2], [NAN, NAN]), opinions([]), no_pairs, table([]), LIKED, CONFIG
        )
