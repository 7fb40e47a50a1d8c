"""Shares as the report has them."""

from __future__ import annotations

import numpy as np

DIGITS = 6
"""Decimals of a share or a mean in the report."""


def share(part: float, whole: float) -> float | None:
    """`part / whole`, rounded; None where there is no whole."""
    return rounded(float(part) / float(whole)) if whole else None


def rounded(value: float) -> float:
    """A number as it stands in the report."""
    return round(float(value), DIGITS)


def normalised(counts: np.ndarray) -> np.ndarray:
    """Counts to shares that add up to 1: float64, the same shape; at least one is positive."""
    return counts / counts.sum()
