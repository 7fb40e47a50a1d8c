"""How far apart two distributions are, and how far chance alone would bring them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pipeline.describe.shares import normalised

SAMPLES = 19
"""The largest of 19 is passed by chance 1 time in 20."""


def jensen_shannon(left: np.ndarray, right: np.ndarray) -> float:
    """Jensen-Shannon distance: 0 for equal shares, 1 where nothing is shared.

    The square root of the divergence of J. Lin, "Divergence measures based on the Shannon entropy",
    IEEE Transactions on Information Theory 37 (1991), with logarithms to base 2; the root is a
    metric (D. Endres and J. Schindelin, "A new metric for probability distributions", the same
    journal 49, 2003). Unlike the population stability index it is finite where a value is new.

    Args:
        left: Counts `[values]`, of which at least one is positive.
        right: The same values' counts elsewhere.
    """
    p, q = normalised(left), normalised(right)
    middle = (p + q) / 2
    divergence = (_relative_entropy(p, middle) + _relative_entropy(q, middle)) / 2
    return float(np.sqrt(max(0.0, divergence)))  # rounding may leave it a little below 0


def by_chance(
    reference: np.ndarray,
    drawn: int,
    distance: Callable[[np.ndarray], float],
    random: np.random.Generator,
) -> float:
    """The distance that a sample of the reference itself reaches 1 time in 20.

    A Monte Carlo test at the 5% level: A. Hope, "A simplified Monte Carlo significance test
    procedure", Journal of the Royal Statistical Society B 30 (1968).

    Args:
        reference: Counts `[values]`, of which at least one is positive.
        drawn: Size of a sample.
        distance: Of a sample's counts `[values]` to the reference.
        random: Where samples come from.
    """
    shares = normalised(reference)
    return max(distance(random.multinomial(drawn, shares)) for _ in range(SAMPLES))


def _relative_entropy(p: np.ndarray, q: np.ndarray) -> float:
    """Bits; `q` is positive wherever `p` is."""
    there = p > 0
    return float(p[there] @ np.log2(p[there] / q[there]))
