"""How unevenly events are spread over items, or over users."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.describe.shares import rounded, share

TOP_PERCENTS = (1, 5, 10, 20)
CURVE_POINTS = 100


def concentration(counts: np.ndarray) -> dict[str, Any]:
    """Gini index, Lorenz curve and the share of the largest.

    Args:
        counts: int64 `[owners]`, events of each item or user; their sum is positive.

    Returns:
        `gini`: 0 if all have the same number, towards 1 if one has all. `top_share`: by percent of
        the owners, rounded up to whole ones, the share of events that the largest of them have.
        `owners_of_half`: how few of them have half of all events. `lorenz`: shares of events of the
        least active 0, 1, ..., 100 percent.
    """
    ascending = np.sort(counts)
    running = np.concatenate([[0], np.cumsum(ascending)])
    total, owners = int(running[-1]), len(counts)
    tops = {percent: -(-owners * percent // 100) for percent in TOP_PERCENTS}
    points = np.arange(CURVE_POINTS + 1) / CURVE_POINTS
    curve = np.interp(points, np.arange(owners + 1) / owners, running / total)
    return {
        "gini": rounded(gini(ascending)),
        "top_share": {
            str(percent): share(total - running[owners - top], total)
            for percent, top in tops.items()
        },
        "owners_of_half": int(np.searchsorted(np.cumsum(ascending[::-1]), total / 2) + 1),
        "lorenz": [rounded(value) for value in curve],
    }


def gini(ascending: np.ndarray) -> float:
    """Gini index of sorted counts, twice the area between the diagonal and the Lorenz curve.

    C. Gini, "Measurement of inequality of incomes", The Economic Journal 31 (1921), in the form
    2 sum(i * x_i) / (n sum(x)) - (n + 1) / n for x_1 <= ... <= x_n.
    """
    owners = len(ascending)
    rank = np.arange(1, owners + 1, dtype=np.float64)
    return float(2 * (rank @ ascending) / (owners * ascending.sum()) - (owners + 1) / owners)


def by_rank(counts: np.ndarray) -> list[dict[str, int]]:
    """`events` of the item with each `rank`, 1 being the most popular, at ranks even on a log axis.

    Args:
        counts: int64 `[items]`, of which at least one is positive; items without events are left
            out, for a log axis has no 0.
    """
    descending = np.sort(counts[counts > 0])[::-1]
    ranks = np.unique(np.geomspace(1, len(descending), CURVE_POINTS).round().astype(np.int64))
    return [{"rank": int(rank), "events": int(descending[rank - 1])} for rank in ranks]
