import numpy as np
import pytest

from schemas.exact_search import best_of_blocks

RANDOM = np.random.default_rng(1)
VECTORS = RANDOM.normal(size=(100, 4)).astype(np.float32)
QUERIES = RANDOM.normal(size=(3, 4)).astype(np.float32)


@pytest.mark.parametrize("block", [1, 7, 99, 100, 1_000])
@pytest.mark.parametrize("rows", [None, np.arange(0, 100, 3), np.array([5])])
@pytest.mark.parametrize("k", [1, 10, 100, 200])
def test_finds_the_best_whatever_the_block(rows, k, block):
    of_all = np.arange(len(VECTORS)) if rows is None else rows
    scores = QUERIES @ VECTORS[of_all].T
    best = np.argsort(-scores, axis=1)[:, :k]

    found, found_scores = best_of_blocks(QUERIES, VECTORS, rows, k, block)

    order = np.argsort(-found_scores, axis=1)
    np.testing.assert_array_equal(np.take_along_axis(found, order, axis=1), of_all[best])
    np.testing.assert_allclose(
        np.take_along_axis(found_scores, order, axis=1),
        np.take_along_axis(scores, best, axis=1),
        atol=1e-5,
    )


def test_of_no_rows_there_are_none():
    found, scores = best_of_blocks(QUERIES, VECTORS, np.zeros(0, np.int64), 5)

    assert found.shape == scores.shape == (3, 0)
