from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.ratings import common_target_pairs, evaluate_ratings
from tests.evaluation.build import make_requests

NAN = float("nan")


def rated(targets, target_ratings):
    return make_requests([[0]] * len(targets), targets, items=10, target_ratings=target_ratings)


def table(values):
    """Predicts what is written down for each request."""
    return lambda requests, rows: np.array(values, np.float32)[rows]


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
    pairs = common_target_pairs(requests)
    assert list(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)) == expected


@pytest.mark.parametrize("batch_size", [1, 2, 100])
def test_errors_by_hand(batch_size):
    # u0, u1 and u3 share item 1 with ratings 5, 3 and 1; u2 is alone with item 2 and rating 4.
    requests = rated([1, 1, 2, 1], [5, 3, 4, 1])

    def joint(requests, left, right):
        # Right for u0 with u1 (mean 4) and u0 with u3 (mean 3), 1 too high for u1 with u3 (2).
        return np.where(left == 0, np.where(right == 1, 4.0, 3.0), 3.0)

    figures = evaluate_ratings(
        requests, table([4, 3, 4, 3]), joint, table([3, 3, 3, 3]), batch_size
    )
    # Errors -1, 0, 0, 2: sqrt(5 / 4) and 3 / 4. Of the bias model -2, 0, -1, 2: sqrt(9 / 4), 5 / 4.
    assert figures["rating"] == pytest.approx(
        {"rmse": 1.25**0.5, "mae": 0.75, "bias_rmse": 1.5, "bias_mae": 1.25}
    )
    # Joint errors 0, 0, 1. Singles average 3.5, 3.5 and 3: errors -0.5, 0.5, 1. Bias averages 3:
    # errors -1, 0, 1.
    assert figures["pair"] == pytest.approx(
        {
            "rmse": (1 / 3) ** 0.5,
            "rmse_average_of_singles": (1.5 / 3) ** 0.5,
            "rmse_average_of_bias": (2 / 3) ** 0.5,
            "pairs": 3,
        }
    )


def test_targets_without_a_rating_are_left_out():
    # u1 is not rated: neither its prediction nor its pair with u0 counts.
    requests = rated([1, 1, 2], [5, NAN, 3])
    figures = evaluate_ratings(requests, table([5, 1, 2]), no_pairs, table([5, 1, 3]), 2)
    # Errors 0 and -1: sqrt(1 / 2); the bias model has none.
    assert figures["rating"]["rmse"] == pytest.approx(0.5**0.5)
    assert figures["rating"]["bias_rmse"] == 0
    assert figures["pair"] == {"pairs": 0}


def test_no_rating_at_all_is_an_error():
    with pytest.raises(ValueError, match="target_rating: expected at least one rating, got none"):
        evaluate_ratings(rated([1, 2], [NAN, NAN]), table([]), no_pairs, table([]), 2)
