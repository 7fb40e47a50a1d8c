"""Leave-one-out by each user's own order.

Of a user's n events, `train` holds 1 to n-2, `validation` has them as history and event n-1 as
target, `fit` holds 1 to n-1, `test` has them as history and event n as target. Users with fewer
than `min_events` events are in `train` and `fit` alone, with all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.gather import spans
from pipeline.splits.cut import Cut, fitted

HELD_OUT = {"train": 2, "fit": 1, "validation": 2, "test": 1}
"""Newest events that a split's history leaves out."""


@dataclass(frozen=True)
class LeaveOneOut:
    """One validation and one test request per user.

    Attributes:
        min_events: Users with fewer events have no request.
    """

    min_events: int

    def cut(self, profiles: pa.RecordBatch, name: str) -> Cut:
        """See `Split`."""
        events = spans(profiles).length
        held_out = events >= self.min_events
        history = np.where(held_out, events - HELD_OUT[name], events)
        if name in ("train", "fit"):
            return fitted(history)
        user = np.flatnonzero(held_out)
        return Cut(user, history[user], history[user])

    def describe(self) -> dict[str, Any]:
        """See `Split`."""
        return {"kind": "leave_one_out", "min_events": self.min_events}

    @property
    def train_ends(self) -> None:
        """See `Split`."""
        return None
