"""Picking from sparse rows, against plain loops over dense ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy
from scipy import sparse

from ranking.neighbours import NO_ITEM
from ranking.strongest import blocks, strongest, values_at

MEASURES = st_numpy.arrays(
    np.float32,
    st.tuples(st.integers(1, 6), st.integers(1, 9)),
    elements=st.sampled_from([-1, 0, 0, 1, 2, 3]),
)


@given(MEASURES, st.integers(1, 10))
def test_the_strongest_of_each_row_stay(dense: np.ndarray, count: int) -> None:
    found = strongest(sparse.csr_array(dense), count)
    assert found.shape == (len(dense), count)
    for row, neighbour in zip(dense, found.tolist(), strict=True):
        best = sorted(np.flatnonzero(row > 0), key=lambda column: -row[column])[:count]
        assert neighbour == sorted(best) + [NO_ITEM] * (count - len(best))


@given(MEASURES, st.integers(1, 10))
def test_values_are_those_of_the_picked_columns(dense: np.ndarray, count: int) -> None:
    neighbour = strongest(sparse.csr_array(dense), count)
    found = values_at(sparse.csr_array(2 * dense), neighbour)
    for row, columns, values in zip(dense, neighbour, found, strict=True):
        assert values.tolist() == [0 if at == NO_ITEM else 2 * row[at] for at in columns]


def test_a_picked_column_that_another_matrix_does_not_have_is_0_there() -> None:
    neighbour = np.array([[0, 2], [1, NO_ITEM]], np.int32)
    values = sparse.csr_array(np.array([[0, 7, 5], [0, 0, 3]], np.float32))
    assert values_at(values, neighbour).tolist() == [[0, 5], [0, 0]]


@pytest.mark.parametrize(
    ("pairs", "cut"),
    [
        ([], []),
        ([0], [(0, 1)]),
        ([2, 2, 1, 3, 0], [(0, 3), (3, 5)]),
        ([9, 1, 9, 0, 5], [(0, 1), (1, 2), (2, 3), (3, 5)]),
    ],
)
def test_blocks_have_at_most_so_many_pairs_or_one_row(
    pairs: list[int], cut: list[tuple[int, int]]
) -> None:
    found = blocks(np.array(pairs, int), most=5)
    assert [(rows.start, rows.stop) for rows in found] == cut
