"""Most popular items of all time, the same list for everyone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from evaluation.histories import RawHistories
from evaluation.requests import Requests


@dataclass(frozen=True, eq=False)
class Popularity:
    """Scores an item by the number of its events.

    Attributes:
        count: float32 `[items]`.
    """

    count: np.ndarray

    @classmethod
    def fit(cls, histories: RawHistories) -> Self:
        """Counts the events of all histories."""
        return cls(
            np.bincount(histories.history_item, minlength=histories.items).astype(np.float32)
        )

    def score(self, requests: Requests, rows: np.ndarray) -> np.ndarray:
        """See `evaluation.ranking_protocol.Scorer`."""
        return np.broadcast_to(self.count, (len(rows), requests.items))
