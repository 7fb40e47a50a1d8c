"""Most popular items of late, the same list for everyone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from evaluation.histories import RawHistories
from evaluation.requests import Requests

NEWEST_SHARE = 0.05
"""The half-life is the time in which this share of the fitted events happened, the newest ones, so
that it fits logs of a week and of twenty years. docs/decisions.md has what else was tried."""


@dataclass(frozen=True, eq=False)
class RecentPopularity:
    """Scores an item by the number of its events, an older event counting less.

    sum_e 0.5^((t_last - t_e) / half_life) over the item's events (the decay: Ding & Li, "Time
    weight collaborative filtering", CIKM 2005; why popularity should look at time: Ji et al.,
    "A re-visit of the popularity baseline in recommender systems", SIGIR 2020).

    Attributes:
        weight: float32 `[items]`.
        half_life: Seconds.
    """

    weight: np.ndarray
    half_life: int

    @classmethod
    def fit(cls, histories: RawHistories) -> Self:
        """Weighs the events of all histories.

        Raises:
            ValueError: So many events happened in the last second that there is no half-life, as
                where times are not known at all.
        """
        time = histories.history_timestamp
        half_life = newest_events_span(time)
        if not half_life:
            raise ValueError("history_timestamp: expected events at several times, got one time")
        decayed = np.exp2((time - time.max()) / half_life)
        weight = np.bincount(histories.history_item, decayed, minlength=histories.items)
        return cls(weight.astype(np.float32), half_life)

    def score(self, requests: Requests, rows: np.ndarray) -> np.ndarray:
        """See `evaluation.ranking_protocol.Scorer`."""
        return np.broadcast_to(self.weight, (len(rows), requests.items))


def newest_events_span(timestamps: np.ndarray, share: float = NEWEST_SHARE) -> int:
    """Seconds in which the newest `share` of some events happened (int64 `[events]`, any order)."""
    if not len(timestamps):
        return 0
    newest = max(1, round(share * len(timestamps)))
    return int(timestamps.max() - np.partition(timestamps, -newest)[-newest])
