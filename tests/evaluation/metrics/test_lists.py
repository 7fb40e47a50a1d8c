import itertools
import math

import numpy as np
import pytest
from scipy import sparse

from evaluation.metrics.lists import (
    average_popularity,
    coverage,
    gini,
    intra_list_diversity,
    novelty,
)

LISTS = np.array([[0, 2, -1], [2, 3, 0]])


def unit(rows):
    rows = np.array(rows, float)
    return sparse.csr_array(rows / np.maximum(1, np.linalg.norm(rows, axis=1, keepdims=True)))


def test_coverage_counts_items_once_and_no_padding():
    # Items 0, 2 and 3 of 10.
    assert coverage(LISTS, 10) == 0.3


def test_gini_by_hand():
    # Items are listed 0, 1, 2 and 2 times: 2 (2 * 1 + 3 * 2 + 4 * 2) / (4 * 5) - 5 / 4 = 0.35.
    assert gini(LISTS, 4) == pytest.approx(0.35)
    # Everything once; one item of four always.
    assert gini(np.array([[0, 1], [2, 3]]), 4) == pytest.approx(0)
    assert gini(np.array([[1], [1]]), 4) == pytest.approx(0.75)


def test_gini_is_half_the_relative_mean_difference():
    lists = np.random.default_rng(3).integers(-1, 30, (20, 10))
    times = np.bincount(lists[lists >= 0], minlength=40)
    difference = np.abs(times[:, None] - times[None, :]).mean()
    assert gini(lists, 40) == pytest.approx(difference / (2 * times.mean()))


def test_novelty_by_hand():
    # Of 8 people 8, 2, 1 and 0 have items 0 to 3: 0, 2, 3 and, as if one had it, 3 bits.
    # The lists have (0 + 3) / 2 and (3 + 3 + 0) / 3.
    assert novelty(LISTS, np.array([8, 2, 1, 0]), 8) == pytest.approx((1.5 + 2) / 2)


def test_average_popularity_by_hand():
    # (8 + 1) / 2 and (1 + 0 + 8) / 3.
    assert average_popularity(LISTS, np.array([8, 2, 1, 0])) == pytest.approx((4.5 + 3) / 2)


def test_empty_lists_have_no_part_in_a_mean():
    lists = np.concatenate([LISTS, [[-1, -1, -1]]])
    users = np.array([8, 2, 1, 0])
    assert novelty(lists, users, 8) == novelty(LISTS, users, 8)
    assert average_popularity(lists, users) == average_popularity(LISTS, users)
    features = unit(np.eye(4))
    assert intra_list_diversity(lists, features) == intra_list_diversity(LISTS, features)


def test_diversity_by_hand():
    # Items: drama; drama and crime; crime; nothing known.
    features = unit([[1, 0], [1, 1], [0, 1], [0, 0]])
    half = 1 - math.sqrt(0.5)
    assert intra_list_diversity(np.array([[0, 1]]), features) == pytest.approx(half)
    # Pairs 0-1 and 1-2 are alike by .7071, 0-2 not at all.
    assert intra_list_diversity(np.array([[0, 1, 2]]), features) == pytest.approx(
        (2 * half + 1) / 3
    )
    # What nothing is known of is unlike anything; a list of one has no pair and is left out.
    lists = np.array([[0, 3], [1, -1]])
    assert intra_list_diversity(lists, features) == pytest.approx(1)


def test_diversity_is_the_mean_over_pairs():
    rng = np.random.default_rng(2)
    features = unit(rng.integers(0, 2, (30, 6)))
    lists = np.array([rng.permutation(30)[:8] for _ in range(5)])
    lists[2, 5:] = -1
    distance = 1 - (features @ features.T).toarray()
    expected = [
        np.mean([distance[a, b] for a, b in itertools.combinations(row[row >= 0], 2)])
        for row in lists
    ]
    assert intra_list_diversity(lists, features) == pytest.approx(np.mean(expected))
