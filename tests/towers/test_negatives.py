import numpy as np
import pytest

from towers.negatives import negatives_of, unseen

ITEMS = 7
IS_NEGATIVE = np.array([False, True, True, True, True, True, False])


@pytest.mark.parametrize("mask_seen", [True, False])
def test_what_a_position_has_seen_is_no_negative_of_it(mask_seen: bool):
    negatives = negatives_of(np.array([[0, 3, 4], [5, 1, 3]]), IS_NEGATIVE, mask_seen)
    found = np.asarray(negatives.at(np.arange(8, dtype=np.int32)))
    # Positions of the first row: viewer, padding, after 3, after 3 and 4; then those of the second.
    seen = [set(), set(), {3}, {3, 4}, set(), {5}, {5, 1}, {5, 1, 3}]
    for position, gone in enumerate(seen):
        expected = [IS_NEGATIVE[i] and not (mask_seen and i in gone) for i in range(ITEMS)]
        assert found[position].tolist() == expected
    np.testing.assert_array_equal(negatives.at(np.array([6, 2], np.int32)), found[[6, 2]])


def test_what_was_drawn_and_not_seen_by_hand() -> None:
    found = np.asarray(unseen(np.array([[0, 3, 2]]), np.array([2, 3, 4])))[0]
    # Before any event, after padding, after 3, after 3 and 2; padding is not drawn.
    assert found.tolist() == [[True] * 3, [True] * 3, [True, False, True], [False, False, True]]
