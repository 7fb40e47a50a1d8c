"""How viewers' predictions become scores of items, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from schemas import recommender_pb2 as pb
from serving.backend import Contributions, RankerScores
from serving.goal import Goal, chances

SCALE = (1.0, 5.0)
SCORES = RankerScores(
    rating=np.float32([[1, 5], [4, 3], [3, 3]]),
    joint_rating=np.float32([2, 4, 3]),
    # Chances .5 .25 .25 and .25 .25 .5.
    watch_next=np.log(np.float32([[2, 1], [1, 1], [1, 2]])),
)


def test_chances_by_hand() -> None:
    # Shares .5 .25 .25 and 0 .5 .5, the second by logits that no power of e can hold.
    logits = np.log(np.float32([[2, 1e-9], [1, 1], [1, 1]])) + np.float32([0, 1_000])
    expected = [[0.5, 0.0], [0.25, 0.5], [0.25, 0.5]]
    np.testing.assert_allclose(chances(logits), expected, atol=1e-5)


def test_one_viewer_keeps_their_order() -> None:
    logits = np.random.default_rng(0).normal(size=(50, 1)).astype(np.float32)
    assert (np.argsort(chances(logits)[:, 0]) == np.argsort(logits[:, 0])).all()


@pytest.mark.parametrize(
    ("goal", "expected"),
    [
        (Goal(pb.WATCH_NEXT, pb.MEAN), [0.375, 0.25, 0.375]),
        (Goal(pb.WATCH_NEXT, pb.LEAST_MISERY), [0.25, 0.25, 0.25]),
        (Goal(pb.RATING, pb.MEAN), [3, 3.5, 3]),
        (Goal(pb.RATING, pb.LEAST_MISERY), [1, 3, 3]),
        (Goal(pb.RATING, pb.JOINT), [2, 4, 3]),
        # Chances of the largest: 1 .5 .5 and .5 .5 1; places of ratings: 0 .75 .5 and 1 .5 .5.
        (Goal(pb.BLEND, pb.MEAN, 0.5), [0.625, 0.5625, 0.625]),
        (Goal(pb.BLEND, pb.LEAST_MISERY, 0.8), [0.2, 0.5, 0.5]),
        # Of the joint ratings: .25 .75 .5.
        (Goal(pb.BLEND, pb.JOINT, 0.5), [0.5, 0.625, 0.625]),
    ],
)
def test_scores_of_a_pair_by_hand(goal: Goal, expected: list[float]) -> None:
    found = goal.group_score(goal.viewer_scores(SCORES, SCALE))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("goal", "expected"),
    [
        (Goal(pb.WATCH_NEXT, pb.MEAN), [[2.0], [3.0]]),
        (Goal(pb.WATCH_NEXT, pb.LEAST_MISERY), [[3.0], [5.0]]),
        (Goal(pb.RATING, pb.MEAN), [[20.0], [30.0]]),
        (Goal(pb.RATING, pb.JOINT), [[-4.0], [8.0]]),
        # Half of each; ratings count by the length of the scale, which is 4.
        (Goal(pb.BLEND, pb.MEAN, 0.5), [[3.5], [5.25]]),
        (Goal(pb.BLEND, pb.LEAST_MISERY, 0.5), [[5.25], [8.75]]),
        (Goal(pb.BLEND, pb.JOINT, 0.5), [[0.5], [2.5]]),
    ],
)
def test_what_an_event_adds_by_hand(goal: Goal, expected: list[list[float]]) -> None:
    # One item, one event of each of two viewers; what it moves of the first and the second.
    watch_next = np.float32([[[[1], [1]], [[3], [5]]]])
    moved = Contributions(
        event_rows=np.array([[7], [8]]),
        watch_next=watch_next,
        rating=10 * watch_next,
        joint_rating=np.float32([[[-4], [8]]]),
    )
    least_is_the_second = np.array([[0.5, 0.4]])
    found = goal.contributions(moved, least_is_the_second, SCALE)
    np.testing.assert_allclose(found, [expected], rtol=1e-6)
