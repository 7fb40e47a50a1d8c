"""How fast the machine is at the moment: virtual cores are not the same from hour to hour."""

from __future__ import annotations

import statistics
import time

import numpy as np

SIDE = 1024
TIMES = 9


def giga_operations() -> float:
    """Of float32 per second, in products of two square matrices by numpy; the median product."""
    matrix = np.ones((SIDE, SIDE), dtype=np.float32)
    taken: list[float] = []
    for _ in range(TIMES):
        started = time.perf_counter()
        matrix @ matrix
        taken.append(time.perf_counter() - started)
    return 2 * SIDE**3 / statistics.median(taken) / 1e9
