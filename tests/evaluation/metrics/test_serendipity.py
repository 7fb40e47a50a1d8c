import numpy as np
import pytest

from evaluation.metrics.accuracy import MISSED, Targets, ranks_in_lists
from evaluation.metrics.serendipity import serendipity

# Of 4 items two share the first place by popularity, one has the second, one has nobody.
ITEM_USERS = np.array([7, 7, 2, 0])


def test_by_hand():
    # First list: item 2 at 1: 4/4 less 3/4; item 0 at 3: 2/4 is less than its 4/4, nothing.
    # Second: item 3 at 2: 3/4 less 0. Third: missed.
    targets = Targets(np.array([0, 0, 1, 2]), np.array([1, 3, 2, MISSED]))
    item = np.array([2, 0, 3, 1])
    assert serendipity(targets, item, ITEM_USERS, 4) == pytest.approx([0.25 / 4, 0.75 / 4, 0])
    # The hit at 2 is beyond 1.
    assert serendipity(targets, item, ITEM_USERS, 1) == pytest.approx([0.25, 0, 0])


def test_the_list_by_popularity_has_none():
    targets = Targets(np.arange(3), np.array([1, 2, 3]))
    assert serendipity(targets, np.array([0, 1, 2]), ITEM_USERS, 10).tolist() == [0, 0, 0]


def test_by_the_example_of_rectools():
    # Of the docstring of its `Serendipity`, at k = 2: before, i1 had three people and i2 two. u1 is
    # shown and has i1 and i2, u2 is shown and has i2 and i3, u4 is shown i2 and i3 and has i2.
    item_users = np.array([3, 2, 0, 0])
    targets = Targets(np.array([0, 0, 1, 1, 2]), np.array([1, 2, 1, 2, 1]))
    found = serendipity(targets, np.array([0, 1, 1, 2, 1]), item_users, 2)
    assert found == pytest.approx([0, 0.5, 0.125])


def test_it_is_the_mean_over_the_items_of_a_list():
    rng = np.random.default_rng(8)
    item_users = rng.integers(0, 9, 50)
    size = rng.integers(1, 20, 30)
    lists = np.array([rng.permutation(50)[:10] for _ in size])
    wanted = [rng.choice(50, count, replace=False) for count in size]
    of_list = np.repeat(np.arange(len(size)), size)
    item = np.concatenate(wanted)
    targets = Targets(of_list, ranks_in_lists(lists, of_list, item))
    by_popularity = sorted(set(item_users.tolist()), reverse=True)
    expected = []
    for listed, hits in zip(lists, wanted, strict=True):
        gains = [0.0]
        for rank, i in enumerate(listed, start=1):
            place = 1 + by_popularity.index(item_users[i])
            by_everybody = (51 - place) / 50 if item_users[i] else 0
            gains.append(max(0, (51 - rank) / 50 - by_everybody) if i in hits else 0)
        expected.append(sum(gains) / 10)
    assert np.abs(serendipity(targets, item, item_users, 10) - expected).max() < 1e-9
