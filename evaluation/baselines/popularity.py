"""Most popular items, the same list for everyone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from evaluation.requests import Requests


@dataclass(frozen=True, eq=False)
class Popularity:
    """Scores an item by the number of its events.

    Attributes:
        count: float32 `[items]`.
    """

    count: np.ndarray

    @classmethod
    def fit(cls, requests: Requests) -> Self:
        """Counts the events of all histories."""
        return cls(np.bincount(requests.history_item, minlength=requests.items).astype(np.float32))

    def score(self, requests: Requests, rows: np.ndarray) -> np.ndarray:
        """See `evaluation.ranking_protocol.Scorer`."""
        return np.broadcast_to(self.count, (len(rows), requests.items))
