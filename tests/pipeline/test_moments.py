"""Weekday, hour and gap of events against a plain Python version."""

from __future__ import annotations

import datetime
import math

import schemas.tf_runtime  # isort: skip  # noqa: F401  before TensorFlow

import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from pipeline.moments import GAP_BUCKETS, MOMENT_SIZES, moments

TIME = st.one_of(st.just(0), st.integers(0, 10), st.integers(0, 253_402_300_799))


def found(histories: list[list[int]]) -> dict[str, list[list[int]]]:
    times = tf.ragged.constant(histories, tf.int64, ragged_rank=1, row_splits_dtype=tf.int64)
    return {name: values.to_list() for name, values in moments(times).items()}


def plain(history: list[int]) -> dict[str, list[int]]:
    weekday, hour, gap = [], [], []
    for place, time in enumerate(history):
        moment = datetime.datetime.fromtimestamp(time, datetime.UTC)
        weekday.append(moment.isoweekday() if time else 0)
        hour.append(moment.hour + 1 if time else 0)
        before = history[place - 1] if place else 0
        # The bit length of n is 1 + floor(log2(n)).
        gap.append(min((1 + time - before).bit_length(), GAP_BUCKETS - 1) if time and before else 0)
    return {"history_weekday": weekday, "history_hour": hour, "history_gap": gap}


@given(histories=st.lists(st.lists(TIME, max_size=5).map(sorted), max_size=5))
def test_same_as_plain(histories: list[list[int]]) -> None:
    expected = [plain(history) for history in histories]
    for name, values in found(histories).items():
        assert values == [row[name] for row in expected]
        assert all(0 <= index < MOMENT_SIZES[name] for row in values for index in row)


def test_by_hand() -> None:
    # Second 10**9 is a Sunday, 01:46:40. One hour later is bucket 1 + floor(log2(3601)) = 12.
    assert found([[10**9, 10**9, 10**9 + 3600, 0], []]) == {
        "history_weekday": [[7, 7, 7, 0], []],
        "history_hour": [[2, 2, 3, 0], []],
        "history_gap": [[0, 1, 1 + math.floor(math.log2(3601)), 0], []],
    }
