"""What is remembered of items is found in the table that is asked for."""

from __future__ import annotations

import numpy as np
import pytest

from ranking.affinities import KINDS, ItemAffinities
from ranking.item_memory import ItemMemory, remembered
from ranking.known_ratings import KnownRatings
from ranking.neighbours import NO_ITEM

NEIGHBOUR = np.array([[NO_ITEM, NO_ITEM], [2, 3], [1, NO_ITEM], [1, 2]], np.int32)


@pytest.fixture(scope="module")
def memory() -> ItemMemory:
    """Four indices, two tables; the second has items 1 and 2 alike alone."""
    other = np.array([[NO_ITEM] * 2, [2, NO_ITEM], [1, NO_ITEM], [NO_ITEM] * 2], np.int32)
    alike = np.array(
        [[[0, 0], [0.1, 0.2], [0.3, 0], [0.4, 0.5]], [[0, 0], [0.6, 0], [0.7, 0], [0, 0]]]
    )
    ratings = KnownRatings(
        total=np.array([[0, 1, 2, 3], [0, 4, 5, 6]], np.float32),
        count=np.array([[0, 10, 20, 30], [0, 40, 50, 60]], np.float32),
        neighbour=np.stack([NEIGHBOUR, other]),
        alike=alike,
    )
    strength = np.arange(8 * len(KINDS), dtype=np.float32).reshape(4, 2, len(KINDS))
    return ItemMemory(remembered(ItemAffinities(NEIGHBOUR, strength), ratings))


def test_agreement_by_hand(memory: ItemMemory) -> None:
    history = np.array([[[1, 3], [0, 2]], [[1, 3], [0, 2]]])
    candidates = np.array([[[2, 1]], [[2, 1]]])
    table = np.array([[0, 0], [1, 1]])
    found = np.asarray(memory.agreement(history, candidates, table))
    assert found.shape == (2, 1, 2, 2, 2)
    # Candidate 2, then 1; owner with events 1 and 3, then owner with padding and 2.
    expected = [[[[[0.1, 0.5], [0, 0]], [[0, 0.4], [0, 0.3]]]]]
    expected.append([[[[0.6, 0], [0, 0]], [[0, 0], [0, 0.7]]]])
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_ratings_by_hand(memory: ItemMemory) -> None:
    total, count = memory.ratings(np.array([[2, 0], [2, 0]]), np.array([[0], [1]]))
    assert np.asarray(total).tolist() == [[2, 0], [5, 0]]
    assert np.asarray(count).tolist() == [[20, 0], [50, 0]]


def test_affinities_have_one_table(memory: ItemMemory) -> None:
    found = np.asarray(memory.affinity(np.array([[[1]]]), np.array([[[3, 1]]])))
    assert found[0, 0, 0, 0, 0].tolist() == [9, 10, 11]
    assert not found[0, 0, 1].any()


def test_more_neighbours_than_can_be_counted_are_refused() -> None:
    class Huge:
        shape = (1 << 25, 64)

    with pytest.raises(ValueError, match=r"ranking\.neighbours: expected at most 2147483647"):
        ItemMemory({"affinity_neighbour": Huge(), "rating_neighbour": Huge()})
