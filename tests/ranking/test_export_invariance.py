"""The exported ranker: what may be told in another order or with more padding is scored alike."""

from __future__ import annotations

from itertools import permutations
from typing import NamedTuple

import numpy as np
import pytest

from tests.ranking.exported import CANDIDATES, Exported

import tensorflow as tf  # isort: skip  (after the modules above, which prepare the process)

ROWS = 4
TOLERANCE = {"atol": 1e-5, "rtol": 1e-5}
OF_CANDIDATES = ("candidate_item_id", "retrieval_score")
OF_EVENTS = {"history_item_id": "", "history_rating": 1.0, "history_timestamp": 10**9}
"""To what padding may hold: where there is no item nothing is read."""
OF_OWNERS = (*OF_EVENTS, "gender", "age", "occupation")

Request = dict[str, tf.Tensor]
Scores = dict[str, np.ndarray]


class Answered(NamedTuple):
    request: Request
    scores: Scores


@pytest.fixture(scope="module", params=[2, 3], ids=lambda owners: f"{owners}_owners")
def answered(exported: Exported, request: pytest.FixtureRequest) -> Answered:
    """Rows of two or three people, whose scores all differ."""
    asked = exported.ask(np.arange(ROWS * request.param).reshape(ROWS, request.param))
    scores = exported.served(asked.request)
    for name, values in scores.items():
        apart = np.diff(np.sort(values.ravel()))
        assert np.median(apart) > 1e-4, name
    return Answered(asked.request, scores)


def check(found: Scores, wanted: Scores) -> None:
    assert found.keys() == wanted.keys()
    for name, values in wanted.items():
        np.testing.assert_allclose(found[name], values, err_msg=name, **TOLERANCE)


def test_scores_follow_their_owners(exported: Exported, answered: Answered) -> None:
    request, scores = answered
    for order in permutations(range(request["age"].shape[1])):
        turned = request | {name: tf.gather(request[name], order, axis=1) for name in OF_OWNERS}
        turned["retrieval_score"] = tf.gather(request["retrieval_score"], order, axis=2)
        of_each = {name: scores[name][..., order] for name in ("rating", "like", "watch_next")}
        check(exported.served(turned), scores | of_each)


def test_scores_follow_their_candidates(exported: Exported, answered: Answered) -> None:
    request, scores = answered
    for order in permutations(range(CANDIDATES)):
        turned = {name: tf.gather(request[name], order, axis=1) for name in OF_CANDIDATES}
        found = exported.served(request | turned)
        check(found, {name: values[:, order] for name, values in scores.items()})


@pytest.mark.parametrize("rows", [[3, 0, 2, 1], [1, 3, 0], [2]])
def test_scores_follow_their_rows(exported: Exported, answered: Answered, rows: list[int]) -> None:
    some = {name: tf.gather(values, rows) for name, values in answered.request.items()}
    found = exported.served(some)
    check(found, {name: values[rows] for name, values in answered.scores.items()})


@pytest.mark.parametrize(("left", "right"), [(5, 0), (0, 5), (30, 30)])
def test_more_padding_of_histories_changes_nothing(
    exported: Exported, answered: Answered, left: int, right: int
) -> None:
    around = [(0, 0), (0, 0), (left, right)]
    longer = {
        name: tf.pad(answered.request[name], around, constant_values=padding)
        for name, padding in OF_EVENTS.items()
    }
    check(exported.served(answered.request | longer), answered.scores)


def test_no_event_axis_is_as_good_as_padding(exported: Exported, answered: Answered) -> None:
    request = answered.request
    none = request | {name: request[name][:, :, :0] for name in OF_EVENTS}
    shape = tf.shape(request["history_item_id"])
    padding = {name: tf.fill(shape, filler) for name, filler in OF_EVENTS.items()}
    padding["history_timestamp"] = tf.cast(padding["history_timestamp"], tf.int64)
    without = exported.served(none)
    check(without, exported.served(request | padding))
    assert np.abs(without["rating"] - answered.scores["rating"]).max() > 0.01
