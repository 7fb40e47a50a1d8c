import math

import numba
import numpy as np
import pytest

from evaluation.metrics.accuracy import (
    DEFINITIONS,
    MISSED,
    NAMES,
    Targets,
    accuracy,
    average_precision,
    graded_ndcg,
    hit_rate,
    ndcg,
    precision,
    ranks_in_lists,
    recall,
    reciprocal_rank,
)

numba.config.DISABLE_JIT = True  # to compile what ranx runs takes 40 times as long as to run it

# isort: split
import ranx  # noqa: E402  its functions are compiled as they are defined

# Three lists: targets at 1 and 3 and one that is missed; one at 2; one at 11.
TARGETS = Targets(np.array([0, 0, 0, 1, 2]), np.array([3, MISSED, 1, 2, 11]))
RANX = {
    "hr": "hit_rate",
    "recall": "recall",
    "precision": "precision",
    "ndcg": "ndcg",
    "mrr": "mrr",
    "map": "map",
}


def test_hit_rate_by_hand():
    assert hit_rate(TARGETS, 1).tolist() == [1, 0, 0]
    assert hit_rate(TARGETS, 10).tolist() == [1, 1, 0]
    assert hit_rate(TARGETS, 11).tolist() == [1, 1, 1]
    assert hit_rate(Targets(np.array([0]), np.array([MISSED])), 10**9).tolist() == [0]


def test_recall_by_hand():
    # Two of three within 10, one of three within 2.
    assert recall(TARGETS, 10).tolist() == [2 / 3, 1, 0]
    assert recall(TARGETS, 2).tolist() == [1 / 3, 1, 0]


def test_precision_by_hand():
    # Two of 10, one of 10, none; within 2 one, one, none of 2.
    assert precision(TARGETS, 10).tolist() == [0.2, 0.1, 0]
    assert precision(TARGETS, 2).tolist() == [0.5, 0.5, 0]


def test_ndcg_by_hand():
    # Gains 1 / log2(2) = 1 and 1 / log2(4) = 0.5 against an ideal of 1 + 0.63093 + 0.5 for three
    # targets; 1 / log2(3) = 0.63093 against 1; nothing.
    third = 1 / math.log2(3)
    assert ndcg(TARGETS, 10) == pytest.approx([1.5 / (1.5 + third), third, 0])
    # At k = 2 the ideal has room for two, and the gain of rank 3 goes.
    assert ndcg(TARGETS, 2) == pytest.approx([1 / (1 + third), third, 0])


def test_reciprocal_rank_by_hand():
    assert reciprocal_rank(TARGETS, 10).tolist() == [1, 0.5, 0]
    assert reciprocal_rank(TARGETS, 200).tolist() == [1, 0.5, 1 / 11]
    assert reciprocal_rank(TARGETS, 1).tolist() == [1, 0, 0]


def test_average_precision_by_hand():
    # Precision 1 / 1 at rank 1 and 2 / 3 at rank 3, over three targets; 1 / 2 over one; nothing.
    assert average_precision(TARGETS, 10) == pytest.approx([(1 + 2 / 3) / 3, 0.5, 0])
    # The divisor stays |T| = 3 at k = 2, though no list of two has three hits.
    assert average_precision(TARGETS, 2) == pytest.approx([1 / 3, 0.5, 0])


def test_with_one_target_a_hit_is_recall_and_precision_is_the_reciprocal_rank():
    targets = Targets(np.arange(4), np.array([1, 7, 60, MISSED]))
    found = dict(zip(NAMES, accuracy(targets).T.tolist(), strict=True))
    for k in (10, 50, 200):
        assert found[f"hr@{k}"] == found[f"recall@{k}"]
        assert found[f"mrr@{k}"] == found[f"map@{k}"]


@pytest.mark.parametrize("k", [1, 10, 50, 200])
@pytest.mark.parametrize("most_targets", [1, 25])
def test_every_definition_agrees_with_ranx(most_targets, k):
    rng = np.random.default_rng(most_targets)
    size = rng.integers(1, most_targets + 1, 40)
    lists = np.array([rng.permutation(300)[:200] for _ in size])
    wanted = [rng.choice(300, count, replace=False) for count in size]
    of_list = np.repeat(np.arange(len(size)), size)
    targets = Targets(of_list, ranks_in_lists(lists, of_list, np.concatenate(wanted)))

    qrels = {f"q{q:02}": dict.fromkeys(map(str, items), 1) for q, items in enumerate(wanted)}
    run = {
        f"q{q:02}": {str(item): 1.0 - at / 1000 for at, item in enumerate(items)}
        for q, items in enumerate(lists)
    }
    expected = ranx.evaluate(
        ranx.Qrels(qrels),
        ranx.Run(run),
        [f"{name}@{k}" for name in RANX.values()],
        return_mean=False,
    )
    for name, definition in DEFINITIONS.items():
        difference = definition(targets, k) - expected[f"{RANX[name]}@{k}"]
        assert np.abs(difference).max() < 1e-9, name


def test_the_columns_are_the_names():
    found = dict(zip(NAMES, accuracy(TARGETS).T, strict=True))
    assert len(found) == 18
    np.testing.assert_array_equal(found["ndcg@10"], ndcg(TARGETS, 10))
    np.testing.assert_array_equal(found["map@200"], average_precision(TARGETS, 200))


def test_ranks_in_lists():
    lists = np.array([[4, 2, -1], [5, 3, -1]])
    ranks = ranks_in_lists(lists, np.array([0, 0, 1, 1]), np.array([4, 3, 3, 6]))
    assert ranks.tolist() == [1, MISSED, 2, MISSED]


def test_graded_ndcg_by_hand():
    # Gains 3 at rank 3, 7 missed and 1 at rank 1: 1 + 3 / 2 of 7 + 3 / log2(3) + 1 / 2; a gain of 1
    # at rank 2; a gain of 5 at rank 11.
    gain = np.array([3.0, 7, 1, 1, 5])
    third = 1 / math.log2(3)
    found = graded_ndcg(TARGETS, gain, 10)
    assert found == pytest.approx([2.5 / (7.5 + 3 * third), third, 0])
    # At k = 2 the ideal has room for 7 and 3, and the gain of rank 3 goes.
    assert graded_ndcg(TARGETS, gain, 2) == pytest.approx([1 / (7 + 3 * third), third, 0])


@pytest.mark.parametrize("k", [1, 10, 200])
def test_equal_gains_are_the_binary_ndcg(k):
    gain = np.full(len(TARGETS.rank), 4.0)
    np.testing.assert_allclose(graded_ndcg(TARGETS, gain, k), ndcg(TARGETS, k), rtol=1e-12)


def test_graded_ndcg_agrees_with_ranx():
    rng = np.random.default_rng(11)
    size = rng.integers(1, 20, 40)
    lists = np.array([rng.permutation(100)[:50] for _ in size])
    wanted = [rng.choice(100, count, replace=False) for count in size]
    grades = [rng.integers(1, 6, count) for count in size]
    of_list = np.repeat(np.arange(len(size)), size)
    targets = Targets(of_list, ranks_in_lists(lists, of_list, np.concatenate(wanted)))
    qrels = {
        f"q{q:02}": {str(item): int(grade) for item, grade in zip(*both, strict=True)}
        for q, both in enumerate(zip(wanted, grades, strict=True))
    }
    run = {
        f"q{q:02}": {str(item): 1.0 - at / 1000 for at, item in enumerate(items)}
        for q, items in enumerate(lists)
    }
    gain = np.exp2(np.concatenate(grades)) - 1.0
    expected = ranx.evaluate(ranx.Qrels(qrels), ranx.Run(run), "ndcg_burges@10", return_mean=False)
    assert np.abs(graded_ndcg(targets, gain, 10) - expected).max() < 1e-9
