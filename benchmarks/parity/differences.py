"""How far the same outputs lie apart when they come from two places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from benchmarks.parity.calls import Arrays

ATOL = RTOL = 1e-5


class Difference(NamedTuple):
    """The largest of any element; 0 for none.

    Attributes:
        absolute_difference: |found - expected|.
        relative_difference: The same over the larger of |found| and |expected|; large in numbers
            near 0 that differ by a rounding.
        share_of_tolerance: The same over `ATOL + RTOL * |expected|`: the two agree up to 1.
    """

    absolute_difference: float
    relative_difference: float
    share_of_tolerance: float


def largest_difference(found: Sequence[Arrays], expected: Sequence[Arrays]) -> Difference:
    """Over all outputs of all calls.

    Args:
        found: Of each call the outputs, float32 or float64.
        expected: The same calls.

    Raises:
        ValueError: Other outputs, another shape or type, or a value that is no finite number.
    """
    largest = np.zeros(3)
    for number, (one, other) in enumerate(zip(found, expected, strict=True)):
        if sorted(one) != sorted(other):
            raise ValueError(f"call {number}: expected {sorted(other)}, got {sorted(one)}")
        for name in one:
            differs = _differences(one[name], other[name], f"call {number}: {name}")
            largest = np.maximum(largest, differs)
    return Difference(*largest.tolist())


def _differences(found: np.ndarray, expected: np.ndarray, what: str) -> np.ndarray:
    """The fields of `Difference`: float64 `[3]`."""
    if (found.shape, found.dtype) != (expected.shape, expected.dtype):
        raise ValueError(
            f"{what}: expected {expected.dtype} {list(expected.shape)}, "
            f"got {found.dtype} {list(found.shape)}"
        )
    if not (np.isfinite(found).all() and np.isfinite(expected).all()):
        raise ValueError(f"{what}: expected finite numbers, got NaN or infinity")
    one, other = found.astype(np.float64), expected.astype(np.float64)
    absolute = np.abs(one - other)
    larger = np.maximum(np.abs(one), np.abs(other))
    relative = np.divide(absolute, larger, out=np.zeros_like(absolute), where=larger > 0)
    share = absolute / (ATOL + RTOL * np.abs(other))
    return np.array([values.max(initial=0) for values in (absolute, relative, share)])
