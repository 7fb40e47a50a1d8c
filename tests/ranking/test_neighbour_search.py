"""The exported look-up against the one that training uses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranking.neighbour_search import search
from ranking.neighbours import NO_ITEM, look_up

ITEMS = 20
KINDS = 3


def neighbours(random: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Up to `count` neighbours of each item; the padding index has none."""
    neighbour = np.full((ITEMS, count), NO_ITEM, np.int32)
    for row in neighbour[1:]:
        few = random.integers(0, count + 1)
        row[:few] = np.sort(random.choice(np.arange(1, ITEMS), few, replace=False))
    strength = random.random((ITEMS, count, KINDS)).astype(np.float32)
    strength[neighbour == NO_ITEM] = 0.0
    return neighbour, strength


@given(st.integers(0, 1_000), st.sampled_from([1, 2, 4, 8]), st.integers(1, 3), st.integers(1, 3))
def test_finds_what_the_other_look_up_finds(seed: int, count: int, batch: int, owners: int) -> None:
    random = np.random.default_rng(seed)
    neighbour, strength = neighbours(random, count)
    history = random.integers(0, ITEMS, (batch, owners, 4))
    candidates = random.integers(0, ITEMS, (batch, 1, 9))  # some of them twice, some padding
    found = search(neighbour, strength, history, candidates).numpy()
    expected = look_up(neighbour, strength, history, candidates)
    np.testing.assert_array_equal(found, np.asarray(expected))


def test_by_hand() -> None:
    neighbour = np.full((ITEMS, 2), NO_ITEM, np.int32)
    strength = np.zeros((ITEMS, 2, KINDS), np.float32)
    neighbour[3] = [5, 7]
    strength[3] = [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]
    # Of 3's neighbours 7 is there, twice; of 4 nothing is known.
    found = search(neighbour, strength, np.array([[[4, 3]]]), np.array([[[7, 9, 0, 7]]])).numpy()
    expected = np.zeros((1, 1, 4, 1, 2, KINDS), np.float32)
    expected[0, 0, [0, 3], 0, 1] = [0.4, 0.5, 0.6]
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("candidates", [0, 1])
def test_few_candidates(candidates: int) -> None:
    neighbour, strength = neighbours(np.random.default_rng(0), 4)
    found = search(neighbour, strength, np.ones((2, 1, 3), int), np.ones((2, 1, candidates), int))
    assert found.shape == (2, 1, candidates, 1, 3, KINDS)
