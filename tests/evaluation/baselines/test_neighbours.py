import numpy as np
from scipy import sparse

from evaluation.baselines.neighbours import keep_nearest, lengths, shrunk_cosine


def rows(*values):
    return sparse.csr_array(np.array(values, np.float32))


def test_lengths():
    np.testing.assert_allclose(lengths(rows([3, 4], [0, 0])), [5, 0])


def test_shrunk_cosine_by_hand():
    # 2 items in common of 4 and 4: 2 / (2 * 2 + 1); one of 4 and 1: 1 / (2 * 1 + 1); none: 0.
    left = rows([1, 1, 1, 1, 0, 0])
    right = rows([1, 1, 0, 0, 1, 1], [0, 0, 0, 1, 0, 0], [0, 0, 0, 0, 0, 1])
    np.testing.assert_allclose(shrunk_cosine(left, right, 1.0), [[2 / 5, 1 / 3, 0]], rtol=1e-6)


def test_rows_without_events_are_like_nobody_even_without_shrinkage():
    np.testing.assert_array_equal(shrunk_cosine(rows([0, 0]), rows([0, 0], [1, 0]), 0.0), [[0, 0]])


def test_the_nearest_are_kept_and_equal_ones_by_rising_column():
    similarity = np.array([[0.1, 0.4, 0.2, 0.4, 0.4], [0, 0, 0.3, 0, 0]], np.float32)
    np.testing.assert_array_equal(
        keep_nearest(similarity, 2).toarray(),
        np.array([[0, 0.4, 0, 0.4, 0], [0, 0, 0.3, 0, 0]], np.float32),
    )
