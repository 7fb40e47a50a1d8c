"""The distance between two answers, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.parity.calls import Arrays
from benchmarks.parity.differences import largest_difference


def test_by_hand():
    expected = [{"a": np.array([1.0, 0.0]), "b": np.zeros(0)}, {"a": np.array([-100.0, 0.0])}]
    found = [{"a": np.array([1.0, 1e-6]), "b": np.zeros(0)}, {"a": np.array([-100.25, 0.0])}]
    # Absolute .25 of -100 for -100.25; relative 1 of 1e-6 for 0; of the tolerance
    # .25 / (1e-5 + 1e-5 * 100) = 247.5.
    difference = largest_difference(found, expected)
    assert difference == pytest.approx((0.25, 1.0, 0.25 / (1e-5 + 1e-5 * 100)))


def test_the_same():
    values = [{"a": np.array([[1.0, -2.0]], np.float32)}]
    assert largest_difference(values, values) == (0, 0, 0)


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ({"b": np.zeros(2)}, r"call 0: expected \['a'\], got \['b'\]"),
        ({"a": np.zeros(1)}, r"call 0: a: expected float64 \[2\], got float64 \[1\]"),
        ({"a": np.zeros(2, np.float32)}, r"expected float64 \[2\], got float32 \[2\]"),
        ({"a": np.array([0, np.nan])}, "expected finite numbers"),
    ],
)
def test_what_cannot_be_compared(found: Arrays, message: str):
    with pytest.raises(ValueError, match=message):
        largest_difference([found], [{"a": np.zeros(2)}])
