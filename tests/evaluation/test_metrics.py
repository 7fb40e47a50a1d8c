import math

import numpy as np
import pytest
from sklearn.metrics import (
    mean_absolute_error,
    mean_squared_error,
    ndcg_score,
    top_k_accuracy_score,
)

from evaluation import metrics
from evaluation.ordering import target_ranks

RANKS = np.array([1, 3, 10, 11, metrics.MISSED])


def test_hit_rate_by_hand():
    # 1, 3 and 10 are within 10; 11 and the missed one are not: 3 / 5.
    assert metrics.hit_rate(RANKS, 10) == 0.6
    assert metrics.hit_rate(RANKS, 11) == 0.8
    assert metrics.hit_rate(RANKS, 10**9) == 0.8


def test_ndcg_by_hand():
    # 1 / log2(2) = 1, 1 / log2(4) = 0.5, 1 / log2(11) = 0.28906, then two zeros; over 5 requests.
    expected = (1 + 0.5 + math.log(2) / math.log(11)) / 5
    assert metrics.ndcg(RANKS, 10) == pytest.approx(expected)
    # At k = 3 the third gain goes: 1.5 / 5.
    assert metrics.ndcg(RANKS, 3) == pytest.approx(0.3)


def test_coverage_counts_items_once_and_no_padding():
    # Items 0, 2 and 7 of 10.
    lists = np.array([[0, 2, -1], [2, 7, 0]])
    assert metrics.coverage(lists, 10) == 0.3


def test_rating_errors_by_hand():
    # Errors 1, -2, 0: sqrt(5 / 3) and 3 / 3.
    predicted, actual = np.array([4.0, 1.0, 3.0]), np.array([3.0, 3.0, 3.0])
    assert metrics.rmse(predicted, actual) == pytest.approx(math.sqrt(5 / 3))
    assert metrics.mae(predicted, actual) == pytest.approx(1.0)


@pytest.mark.parametrize("k", [1, 5, 20])
@pytest.mark.parametrize("seed", range(3))
def test_ranking_metrics_agree_with_scikit_learn(seed, k):
    rng = np.random.default_rng(seed)
    # A permutation a row: scikit-learn has other rules for ties.
    scores = rng.permuted(np.tile(np.arange(30.0), (50, 1)), axis=1)
    target = rng.integers(0, 30, 50)
    ranks = target_ranks(scores, target)
    assert metrics.hit_rate(ranks, k) == pytest.approx(
        top_k_accuracy_score(target, scores, k=k, labels=np.arange(30))
    )
    relevant = np.eye(30)[target]
    assert metrics.ndcg(ranks, k) == pytest.approx(ndcg_score(relevant, scores, k=k))


@pytest.mark.parametrize("seed", range(3))
def test_rating_errors_agree_with_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    predicted, actual = rng.normal(3, 1, 100), rng.integers(1, 6, 100)
    expected = math.sqrt(mean_squared_error(actual, predicted))
    assert metrics.rmse(predicted, actual) == pytest.approx(expected)
    assert metrics.mae(predicted, actual) == pytest.approx(mean_absolute_error(actual, predicted))


def test_rating_errors_are_summed_in_double_precision():
    # 0.1 in float32 is 0.1 + 1.5e-9; squares of a million of them summed in float32 drift by 1e-4.
    predicted = np.full(1_000_000, 0.1, np.float32)
    assert metrics.rmse(predicted, np.zeros(1_000_000, np.float32)) == pytest.approx(0.1, abs=1e-8)
