"""Ratings, counted."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np

from pipeline.describe.shares import rounded, share
from schemas.cards import RatingScale

MOST_VALUES = 50
"""Different ratings that are shown one by one; more are put into bins."""
BINS = 20


class RatingCounts:
    """Adds ratings up, a batch at a time."""

    def __init__(self, scale: RatingScale | None):
        """Begins with none.

        Args:
            scale: Ends of the bins; None where nothing is rated.
        """
        self.edges = np.linspace(scale.min, scale.max, BINS + 1) if scale else np.zeros(BINS + 1)
        self.bins = np.zeros(BINS, np.int64)
        self.values: Counter[float] = Counter()
        self.many = False
        self.events = self.rated = 0
        self.sum = self.squares = 0.0

    def add(self, ratings: np.ndarray) -> None:
        """Counts ratings: float32 `[events]`, NaN where none was given."""
        given = ratings[~np.isnan(ratings)].astype(np.float64)
        self.events += len(ratings)
        self.rated += len(given)
        self.sum += float(given.sum())
        self.squares += float((given**2).sum())
        self.bins += np.histogram(given, self.edges)[0] if len(given) else 0
        if not self.many:
            values, counts = np.unique(given, return_counts=True)
            self.values.update(dict(zip(values.tolist(), counts.tolist(), strict=True)))
            self.many = len(self.values) > MOST_VALUES

    @property
    def mean(self) -> float | None:
        """Mean rating; None without any."""
        return share(self.sum, self.rated)

    def histogram(self) -> list[dict[str, Any]]:
        """`events` rated `from` to `to`, which are the same where there are few values.

        Of bins the lower end is included, and of the last one the upper end too.
        """
        if not self.many:
            return [
                {"from": rounded(value), "to": rounded(value), "events": count}
                for value, count in sorted(self.values.items())
            ]
        return [
            {"from": rounded(low), "to": rounded(high), "events": int(count)}
            for low, high, count in zip(self.edges[:-1], self.edges[1:], self.bins, strict=True)
        ]

    def figures(self) -> dict[str, Any] | None:
        """`rated`, `rated_share`, `mean`, `standard_deviation`, `histogram`; None if unrated."""
        if not self.rated:
            return None
        mean = self.sum / self.rated
        return {
            "rated": self.rated,
            "rated_share": share(self.rated, self.events),
            "mean": rounded(mean),
            # The two terms are equal but for rounding if all ratings are.
            "standard_deviation": rounded(math.sqrt(max(0.0, self.squares / self.rated - mean**2))),
            "histogram": self.histogram(),
        }
