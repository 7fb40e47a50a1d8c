"""NDCG@10 of one target among what was retrieved, by hand."""

import numpy as np
import pytest

from ranking.validation import _gain

ITEMS = np.array([[3, 5, 7, 0]])


@pytest.mark.parametrize(
    ("scores", "target", "expected"),
    [
        ([3.0, 2.0, 1.0, 0.0], 3, 1.0),
        ([3.0, 2.0, 1.0, 9.0], 5, 1 / np.log2(3)),  # what is no item is not ahead
        ([2.0, 2.0, 2.0, 2.0], 7, 1 / np.log2(4)),  # equal scores are
        ([3.0, 2.0, 1.0, 0.0], 4, 0.0),  # not retrieved
    ],
)
def test_the_place_of_the_target(scores: list[float], target: int, expected: float) -> None:
    found = _gain(np.float32([scores]), ITEMS, np.array([target]))
    assert found == pytest.approx([expected])


def test_places_after_the_tenth_are_worth_nothing() -> None:
    items = np.arange(1, 13)[None]
    scores = -items.astype(np.float32)
    gains = [float(_gain(scores, items, np.array([target]))[0]) for target in (10, 11)]
    assert gains == [pytest.approx(1 / np.log2(11)), 0.0]


def test_a_score_that_is_no_number_is_told() -> None:
    with pytest.raises(ValueError, match="ranking scores: expected numbers, got NaN"):
        _gain(np.float32([[1.0, np.nan, 0.0, 0.0]]), ITEMS, np.array([3]))
