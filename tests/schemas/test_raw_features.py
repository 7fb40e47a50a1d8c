"""Raw request values through the prepared graph."""

from __future__ import annotations

import numpy as np

from schemas.artifacts import Artifact
from schemas.raw_features import RawFeatures

import tensorflow as tf  # isort: skip  (after the modules above, which prepare the process)


def test_items_and_users_in_one_pass_are_what_they_are_in_two(prepared: Artifact) -> None:
    raw = RawFeatures(prepared)
    ids = tf.constant([["3", "", "no such item"], ["150", "1", "3"]])
    users = {
        "gender": tf.constant(["F", "?"]),
        "age": tf.constant([31.0, float("nan")]),
        "occupation": tf.constant(["artist", ""]),
    }
    index, found = raw.items_and_users(ids, users)
    np.testing.assert_array_equal(index, raw.item_index(ids))
    assert index[0, 1] == 0
    assert index[0, 0] == index[1, 2] != index[1, 0]
    expected = raw.users(users)
    assert found.keys() == expected.keys() == users.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value)


def test_there_need_not_be_any_users(prepared: Artifact) -> None:
    raw = RawFeatures(prepared)
    ids = tf.constant([["3", ""]])
    index, found = raw.items_and_users(ids, {})
    np.testing.assert_array_equal(index, raw.item_index(ids))
    assert found == {}
