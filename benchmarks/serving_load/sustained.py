"""The highest rate that a server sustains."""

from __future__ import annotations

import math
from collections.abc import Callable

from benchmarks.serving_load.k6 import Load

MOST_P99_MS = 50.0
FIRST_RATE, MOST_RATE = 16.0, 4096.0
PRECISION = 1.05
"""Ratio of the lowest rate that was too high to the highest that was not."""


def holds(load: Load) -> bool:
    """Whether every request was answered and 99 of 100 in time."""
    return not load.failed and not load.dropped and load.quantile_ms(0.99) <= MOST_P99_MS


def highest_rate(ask: Callable[[float], Load]) -> float:
    """Doubles the rate until it is too high, then halves the ratio that is left.

    Args:
        ask: Puts a rate of requests a second on the server.

    Returns:
        0 if even the first is too high.
    """
    held, too_high, rate = 0.0, math.inf, FIRST_RATE
    while rate <= MOST_RATE:
        if holds(ask(rate)):
            held = rate
        else:
            too_high = rate
        if too_high <= held * PRECISION or not held:
            break
        rate = 2 * held if too_high == math.inf else math.sqrt(held * too_high)
    return held


def confirmed(ask: Callable[[float], Load], rate: float) -> tuple[float, Load]:
    """Lowers a rate until it holds in another measurement.

    Returns:
        The rate and what clients saw at it; 0 where none down to the first holds.
    """
    load = ask(rate)
    while not holds(load):
        rate /= PRECISION
        if rate < FIRST_RATE:
            return 0.0, load
        load = ask(rate)
    return rate, load
