import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evaluation.metrics.accuracy import MISSED, Targets, recall
from evaluation.segments import (
    by_activity,
    by_known,
    by_popularity,
    by_user_features,
    only,
)


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


def test_user_features_by_hand():
    features = {
        "gender": np.array(["F", "M", "", "F"], object),
        "age": np.array([20, 31, np.nan, 44.5], np.float32),
        "town": np.array(["X", "X", "X", "X"], object),
        "since": np.array([1, 2, 3, 4], np.int64),
        "street": np.array([f"s{n}" for n in range(4)], object),
    }
    # The last list has two targets.
    found = by_user_features(features, np.array([0, 1, 2, 3, 3]))
    held = {
        division: {name: np.flatnonzero(rows).tolist() for name, rows in segments.items()}
        for division, segments in found.items()
    }
    assert held == {
        "user_feature_gender": {"F": [0, 3, 4], "M": [1]},
        "user_feature_age": {"20-20": [0], "31-31": [1], "44.5-44.5": [3, 4]},
        "user_feature_street": {"s0": [0], "s1": [1], "s2": [2], "s3": [3, 4]},
    }


def test_a_feature_with_many_values_is_no_division():
    many = np.array([f"v{n}" for n in range(11)], object)
    assert by_user_features({"f": many}, np.arange(11)) == {}
    assert [*by_user_features({"f": many[:10]}, np.arange(10))] == ["user_feature_f"]


def test_a_feature_that_nobody_has_is_no_division():
    nothing = {"a": np.full(3, np.nan, np.float32), "g": np.array(["", "", ""], object)}
    assert by_user_features(nothing, np.arange(3)) == {}


def test_known_users_by_hand():
    asking, fitted = np.array(["b", "c"], object), np.array(["a", "b"], object)
    found = by_known(asking, fitted, np.array([0, 0, 1]))
    assert {name: rows.tolist() for name, rows in found.items()} == {
        "known": [True, True, False],
        "cold": [False, False, True],
    }
    assert [*by_known(asking, asking, np.array([0, 1]))] == ["known"]
