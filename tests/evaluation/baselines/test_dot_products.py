import numpy as np

from evaluation.baselines.dot_products import dot_products


def test_products_by_hand():
    left = np.array([[1, 2], [0, -1]], np.float32)
    right = np.array([[3, 4], [1, 0], [0, 5]], np.float32)
    np.testing.assert_array_equal(dot_products(left, right), [[11, 1, 10], [-4, 0, -5]])


def test_a_row_is_the_same_to_the_last_bit_in_every_batch():
    rng = np.random.default_rng(1)
    left = rng.normal(size=(70, 64)).astype(np.float32)
    right = rng.normal(size=(333, 64)).astype(np.float32)
    whole = dot_products(left, right)
    for rows in (1, 2, 3, 17):
        np.testing.assert_array_equal(dot_products(left[:rows], right), whole[:rows])
