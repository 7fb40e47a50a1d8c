"""The mean rating of owners who watch together, against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from ranking.joint_rating import JointRating

RATING = np.float32([[[[2.0, 4.0, 9.0], [5.0, 5.0, 9.0]]]])
"""Two candidates and three owners, of whom the last is padding."""
PARTS = (
    np.float32([[[[-0.5, 0.5, 9.0]]]]),
    np.float32([[[[1.0, 2.0, 9.0], [0.0, 0.0, 9.0]]]]),
    np.float32([[[[0.25, 0.75, 9.0], [-1.0, 0.0, 9.0]]]]),
)
PAIR = np.array([[True, True, False]])


@pytest.fixture
def joint() -> JointRating:
    return JointRating()


def test_it_begins_as_the_mean_of_the_owners_there_are(joint: JointRating) -> None:
    np.testing.assert_allclose(joint(RATING, PARTS, PAIR), [[[3.0, 5.0]]])


@pytest.mark.parametrize(
    ("weight", "expected"),
    [
        ([1, 0, 0, 0, 0], [3.5, 5.5]),  # half of 1 for two owners
        ([0, 1, 0, 0, 0], [3.0, 5.0]),  # -.5 and .5 are 0 on average
        ([0, 0, 1, 0, 0], [3.75, 5.0]),
        ([0, 0, 0, 1, 0], [3.25, 4.75]),
        ([0, 0, 0, 0, 1], [3.5, 5.0]),  # 2 and 4 have the variance 1
    ],
)
def test_each_term_counts_by_its_weight(
    joint: JointRating, weight: list[float], expected: list[float]
) -> None:
    joint.weight.assign(weight)
    np.testing.assert_allclose(joint(RATING, PARTS, PAIR), [[expected]], rtol=1e-6)


def test_one_owner_alone_keeps_their_rating(joint: JointRating) -> None:
    joint.weight.assign([1, 2, 3, 4, 5])
    alone = np.array([[False, True, False]])
    np.testing.assert_allclose(joint(RATING, PARTS, alone), RATING[..., 1])


def test_nobody_at_all_is_a_number(joint: JointRating) -> None:
    joint.weight.assign([1, 2, 3, 4, 5])
    assert np.isfinite(joint(RATING, PARTS, np.zeros((1, 3), bool))).all()
