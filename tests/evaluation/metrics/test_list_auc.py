import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from evaluation.metrics.accuracy import MISSED, Targets, ranks_in_lists
from evaluation.metrics.list_auc import list_auc


def test_by_hand():
    # 6 candidates, 2 of them targets, at 1 and 3 of a list of 4: before the others are 4 and 3 of
    # 4. One target that is missed by a list of 4 of 6: tied with 1 other, behind 4 of 5.
    targets = Targets(np.array([0, 0, 1]), np.array([3, 1, MISSED]))
    found = list_auc(targets, np.array([4, 4]), np.array([6, 6]))
    assert found == pytest.approx([7 / 8, 0.5 / 5])


def test_an_empty_list_is_chance_and_without_others_there_is_nothing_to_order():
    targets = Targets(np.array([0, 1]), np.array([MISSED, 1]))
    found = list_auc(targets, np.array([0, 1]), np.array([9, 1]))
    np.testing.assert_allclose(found, [0.5, np.nan])


@pytest.mark.parametrize("length", [5, 30, 60])
def test_it_is_the_auc_of_scikit_learn(length):
    rng = np.random.default_rng(length)
    size = rng.integers(1, 9, 40)
    lists = np.array([rng.permutation(60)[:length] for _ in size])
    wanted = [rng.choice(60, count, replace=False) for count in size]
    of_list = np.repeat(np.arange(len(size)), size)
    targets = Targets(of_list, ranks_in_lists(lists, of_list, np.concatenate(wanted)))
    found = list_auc(targets, np.full(40, length), np.full(40, 60))
    for listed, items, value in zip(lists, wanted, found, strict=True):
        score = np.zeros(60)
        score[listed] = np.arange(length, 0, -1)
        assert abs(roc_auc_score(np.isin(np.arange(60), items), score) - value) < 1e-9
