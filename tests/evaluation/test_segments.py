import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evaluation.metrics.accuracy import MISSED, Targets, recall
from evaluation.segments import by_activity, by_popularity, only


def test_activity_by_hand():
    # Lengths 1, 1, 2, 3, 5, 8, 9, 9 in quarters; the last list has two targets.
    history_len = np.array([9, 1, 5, 2, 1, 9, 3, 8])
    of_list = np.array([0, 1, 2, 3, 4, 5, 6, 7, 7])
    found = by_activity(history_len, of_list)
    assert [*found] == ["1-1", "2-3", "5-8", "9-9"]
    assert np.flatnonzero(found["5-8"]).tolist() == [2, 7, 8]
    assert np.flatnonzero(found["9-9"]).tolist() == [0, 5]


@given(st.lists(st.integers(0, 6), min_size=1, max_size=20))
def test_every_list_has_one_activity(lengths):
    found = by_activity(np.array(lengths), np.arange(len(lengths)))
    assert sum(held.astype(int) for held in found.values()).tolist() == [1] * len(lengths)
    for name, held in found.items():
        low, high = map(int, name.split("-"))
        assert all(low <= length <= high for length in np.array(lengths)[held])


def test_popularity_by_hand():
    # 12 events, thirds of 4: item 2 has 5 and begins at 0, item 0 has 4 and begins at 5, item 4 has
    # 2 and begins at 9, item 1 has 1 and begins at 11; item 3 has none.
    found = by_popularity(np.array([4, 1, 5, 0, 2]), np.array([0, 1, 2, 3, 4, 2]))
    assert {name: np.flatnonzero(held).tolist() for name, held in found.items()} == {
        "head": [2, 5],
        "middle": [0],
        "tail": [1, 4],
        "cold": [3],
    }


def test_a_segment_without_targets_is_left_out():
    assert [*by_popularity(np.array([4, 0]), np.array([0]))] == ["head"]
    assert [*by_popularity(np.array([0, 0]), np.array([0, 1]))] == ["cold"]


def test_only_some_targets():
    targets = Targets(np.array([0, 0, 1, 2]), np.array([1, MISSED, 3, 4]))
    found = only(targets, np.array([True, False, False, True]))
    assert found.of_list.tolist() == [0, 1]
    assert found.rank.tolist() == [1, 4]
    # The missed target of the first list is none of this segment's.
    assert recall(found, 10).tolist() == [1, 1]
