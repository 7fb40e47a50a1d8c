"""Temporal user: the newest share of each user's own events is held out.

Of a user's n events the newest n * `test_share`, rounded down, are asked for by `test`, and the
n * `validation_share` before them by `validation`. All requests of a user and split have one
history, the events before the first of them, so that no target is ever input. (The name is that of
Meng, McCreadie, Macdonald and Ounis, "Exploring data splitting strategies for the evaluation of
recommendation models", RecSys 2020.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.gather import spans
from pipeline.splits.cut import Cut, fitted, requests
from schemas.shares import whole_share


@dataclass(frozen=True)
class TemporalUser:
    """A share of every history.

    Attributes:
        test_share: Share of a user's events that tests.
        validation_share: Share of them that validates.
        min_history: Fewest events left to `train`; of users who would have less, all are fitted.
        requests_per_user: Most requests of a user in one split.
        requests_taken: Which are kept where there are more, one of `cut.TAKEN`.
    """

    test_share: float
    validation_share: float
    min_history: int
    requests_per_user: int
    requests_taken: str

    def cut(self, profiles: pa.RecordBatch, name: str) -> Cut:
        """See `Split`."""
        events = spans(profiles).length
        test = whole_share(events, self.test_share)
        validation = whole_share(events, self.validation_share)
        divided = events - test - validation >= self.min_history
        to_test = np.where(divided, events - test, events)
        to_validation = np.where(divided, to_test - validation, events)
        if name == "train":
            return fitted(to_validation)
        if name == "fit":
            return fitted(to_test)
        low, high = (to_validation, to_test) if name == "validation" else (to_test, events)
        user, target = requests(low, high, self.requests_per_user, self.requests_taken)
        return Cut(user, low[user], target)

    def describe(self) -> dict[str, Any]:
        """See `Split`."""
        return {"kind": "temporal_user"} | vars(self)

    @property
    def train_ends(self) -> None:
        """See `Split`."""
        return None
