"""How far a figure of pairs would move with other people."""

from __future__ import annotations

import numpy as np

from evaluation.resampling import CONFIDENCE

CELLS = 8_000_000
"""Most weights (pairs x resamples) held at once, 8 bytes each."""


def resampled_rmse(
    squared: np.ndarray, left: np.ndarray, right: np.ndarray, resamples: int, seed: int
) -> np.ndarray:
    """Root mean square errors over people drawn anew.

    Both people of a pair are drawn: a pair counts as often as the one times as often as the other
    (the pigeonhole bootstrap, Owen, "The pigeonhole bootstrap", Annals of Applied Statistics 2007,
    doi.org/10.1214/07-AOAS122). Pairs drawn on their own would look far more certain than they are,
    since a person is in hundreds of them.

    Args:
        squared: float64 `[pairs, models]`, squared errors.
        left: int `[pairs]`, who the one is, from 0.
        right: int `[pairs]`, who the other is.
        resamples: How often all people are drawn.
        seed: Seed of the draws.

    Returns:
        float64 `[resamples, models]`; NaN where no pair was drawn.
    """
    rng = np.random.default_rng(seed)
    people = 1 + int(max(left.max(), right.max()))
    block = max(1, CELLS // len(left))
    found = []
    for start in range(0, resamples, block):
        count = min(block, resamples - start)
        times = rng.multinomial(people, np.full(people, 1 / people), size=count).astype(np.float64)
        weight = times[:, left] * times[:, right]
        with np.errstate(invalid="ignore"):
            found.append(np.sqrt((weight @ squared) / weight.sum(axis=1, keepdims=True)))
    return np.concatenate(found)


def interval(values: np.ndarray) -> tuple[float, float]:
    """Low and high end of the percentile interval, of the values that are numbers."""
    low, high = np.nanquantile(values, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)
