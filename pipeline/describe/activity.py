"""How many events users have."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.describe.shares import rounded

PERCENTILES = (1, 5, 25, 50, 75, 95, 99)
STEPS = (1, 2, 5)


def activity(lengths: np.ndarray) -> dict[str, Any]:
    """Figures of the events per user.

    Args:
        lengths: int64 `[users]`, at least one user.

    Returns:
        `mean`, `min`, `max`; `percentiles`: by percent, the least number of events that at least so
        many percent of the users do not exceed; `histogram`: `users` who have `from` to `to`
        events, both included.
    """
    found = np.percentile(lengths, PERCENTILES, method="inverted_cdf")
    return {
        "mean": rounded(lengths.mean()),
        "min": int(lengths.min()),
        "max": int(lengths.max()),
        "percentiles": {str(p): int(value) for p, value in zip(PERCENTILES, found, strict=True)},
        "histogram": _histogram(lengths),
    }


def _histogram(lengths: np.ndarray) -> list[dict[str, int]]:
    """Bins that end at 0, 1, 2, 5, 10, 20, 50 and so on; those below all users are left out."""
    ends = [0]
    while ends[-1] < lengths.max():
        power, step = divmod(len(ends) - 1, len(STEPS))
        ends.append(STEPS[step] * 10**power)
    users = np.bincount(np.searchsorted(ends, lengths), minlength=len(ends))
    lowest = int(np.flatnonzero(users)[0])
    return [
        {"from": ends[n - 1] + 1 if n else 0, "to": ends[n], "users": int(users[n])}
        for n in range(lowest, len(ends))
    ]
