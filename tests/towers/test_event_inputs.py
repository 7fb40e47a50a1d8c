"""Buckets of times, the same however a model is compiled and batched."""

from __future__ import annotations

import numpy as np
import pytest

import schemas.tf_runtime  # noqa: F401  (before TensorFlow)

# isort: split
import tensorflow as tf

from towers.event_inputs import TIME_BUCKETS, time_bucket


def about_powers_of_two() -> tuple[np.ndarray, list[int]]:
    """Seconds one below, at and one above each place where 1 + floor(log2(1 + s)) grows by one."""
    powers = [2**j for j in range(1, 35)]
    seconds = [power + more for power in powers for more in (-2, -1, 0)]
    # 1 + floor(log2(n)) is the number of binary digits of n.
    return np.array(seconds), [min((s + 1).bit_length(), TIME_BUCKETS - 1) for s in seconds]


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("length", [1, 2, 3, 4, 7, 8, 16, 17, 33, 64, 102])
def test_buckets_are_exact_about_powers_of_two(length: int, jit: bool) -> None:
    seconds, expected = about_powers_of_two()
    call = tf.function(time_bucket, jit_compile=jit, reduce_retracing=True)
    for start in range(0, len(seconds), length):
        some = tf.constant(seconds[start : start + length])
        found = call(some, tf.ones(some.shape, tf.bool))
        assert found.dtype == tf.int32
        assert found.numpy().tolist() == expected[start : start + length]


@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_buckets_keep_shape_and_take_what_is_below_0_for_0(dtype: str) -> None:
    # 1 + floor(log2(1 + s)): 0 s is 1, 6 s is 1 + floor(log2(7)) = 3, 2**31 - 2 s is 1 + 30.
    seconds = np.array([[[-5], [0]], [[6], [2**31 - 2]]], dtype)
    known = np.array([[[True], [True]], [[True], [True]]])
    assert np.asarray(time_bucket(seconds, known)).tolist() == [[[1], [1]], [[3], [31]]]
    assert not np.asarray(time_bucket(seconds, ~known)).any()


def test_buckets_elsewhere_are_those_of_the_formula() -> None:
    seconds = np.random.default_rng(1).integers(0, 1_000_000_000, 10_000)
    near = np.abs(np.log2(1 + seconds) - np.round(np.log2(1 + seconds))) < 1e-6
    found = np.asarray(time_bucket(seconds, np.ones(len(seconds), bool)))
    expected = 1 + np.floor(np.log2(1 + seconds)).astype(int)
    np.testing.assert_array_equal(found[~near], expected[~near])
