import numpy as np
import pytest

from ranking.easy_negatives import EasyNegatives
from ranking.samples import CandidateLists
from tests.ranking.test_samples import make_histories

HISTORIES = make_histories([[1, 2, 3, 4], [5, 1, 6]])
VECTORS = np.float32([[0, 0], [1, 0], [0, 1], [2, 0], [0, 2], [3, 3], [1, 1], [9, 9]])
IS_ITEM = np.array([False, *[True] * 6, False])
"""Items 1 to 6; 7 is what is not known."""


def lists() -> CandidateLists:
    """At the last two events of both users; the second user's event before last is no list."""
    return CandidateLists(
        histories=HISTORIES,
        end=np.array([3, 6]),
        user=np.array([0, 1]),
        target=np.array([[3, 4], [0, 6]]),
        target_score=np.zeros((2, 2), np.float32),
        item_id=np.zeros((2, 2, 1), np.int64),
        score=np.zeros((2, 2, 1), np.float32),
        query=np.float32([[[1, 0], [0, 1]], [[0, 0], [2, 1]]]),
    )


@pytest.fixture
def drawn() -> tuple[np.ndarray, np.ndarray]:
    return EasyNegatives(lists(), VECTORS, IS_ITEM).draw(500, np.random.default_rng(0))


def test_what_was_not_watched_is_drawn(drawn: tuple[np.ndarray, np.ndarray]):
    items, _ = drawn
    # 1 and 2 came before, 3 is the target; at the next event 3 has come before too.
    assert set(items[0, 0].tolist()) == {0, 4, 5, 6}
    assert set(items[0, 1].tolist()) == {0, 5, 6}
    assert set(items[1, 1].tolist()) == {0, 2, 3, 4}


def test_each_is_as_likely(drawn: tuple[np.ndarray, np.ndarray]):
    # Of six items each comes 83 times of 500, give or take 8 (standard deviation).
    counts = np.bincount(drawn[0][0, 0], minlength=7)
    assert (np.abs(counts[[4, 5, 6]] - 500 / 6) < 40).all()


def test_scores_are_those_of_the_query(drawn: tuple[np.ndarray, np.ndarray]):
    items, scores = drawn
    assert items.shape == scores.shape == (2, 2, 500)
    assert scores.dtype == np.float32
    for row, slot, query in ((0, 0, [1, 0]), (0, 1, [0, 1]), (1, 1, [2, 1])):
        real = items[row, slot] > 0
        expected = VECTORS[items[row, slot][real]] @ np.float32(query)
        np.testing.assert_allclose(scores[row, slot][real], expected)


def test_none_are_drawn_by_default():
    items, scores = EasyNegatives(lists(), VECTORS, IS_ITEM).draw(0, np.random.default_rng(0))
    assert items.shape == scores.shape == (2, 2, 0)
