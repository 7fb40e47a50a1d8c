"""Global time: everything before a moment is fitted, what follows is asked.

Half-open intervals of unix seconds: `train` is what lies before `validation_from`, `validation`
asks for the events of `[validation_from, test_from)`, `fit` is what lies before `test_from`, `test`
asks for the events of `[test_from, end)`. The history of a request holds all events before its
target in the user's own order, those after the cut too: by then they are known. Events of one
second never lie on both sides of a cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.gather import Spans, spans
from pipeline.splits.cut import Cut, fitted, requests
from schemas.columns import HISTORY_TIMESTAMP
from schemas.config import PrepareConfig


@dataclass(frozen=True)
class GlobalTime:
    """Two cut-offs for all users.

    Attributes:
        validation_from: Unix seconds; the first moment that is not in `train`.
        test_from: Unix seconds; the first moment that is not in `fit`.
        end: Unix seconds; the first moment after all events.
        min_history: Fewest events before a request.
        requests_per_user: Most requests of a user in one split.
        requests_taken: Which are kept where there are more, one of `cut.TAKEN`.
    """

    validation_from: int
    test_from: int
    end: int
    min_history: int
    requests_per_user: int
    requests_taken: str

    def cut(self, profiles: pa.RecordBatch, name: str) -> Cut:
        """See `Split`."""
        where = spans(profiles)
        time = profiles.column(HISTORY_TIMESTAMP).flatten().to_numpy()
        to_validation = _events_before(time, where, self.validation_from)
        to_test = _events_before(time, where, self.test_from)
        if name == "train":
            return fitted(to_validation)
        if name == "fit":
            return fitted(to_test)
        low, high = (to_validation, to_test) if name == "validation" else (to_test, where.length)
        low = np.maximum(low, self.min_history)
        user, target = requests(low, high, self.requests_per_user, self.requests_taken)
        return Cut(user, target, target)

    def describe(self) -> dict[str, Any]:
        """See `Split`; an interval is `[from, to)`, and `null` is the beginning of time."""
        return {
            "kind": "global_time",
            "train": [None, self.validation_from],
            "validation": [self.validation_from, self.test_from],
            "fit": [None, self.test_from],
            "test": [self.test_from, self.end],
            "min_history": self.min_history,
            "requests_per_user": self.requests_per_user,
            "requests_taken": self.requests_taken,
        }

    @property
    def train_ends(self) -> int:
        """See `Split`."""
        return self.validation_from


def at_cut_offs(config: PrepareConfig, timestamps: np.ndarray) -> GlobalTime:
    """The split with its cut-offs worked out.

    A cut-off by share is the exact quantile of all events: the latest moment from which on at least
    that share of them, rounded to whole events, happened. So it depends on the events alone, not on
    shards or runner.

    Args:
        config: `test_from` and `validation_from`, or where they are 0 the shares.
        timestamps: int64 `[events]`, in any order.

    Raises:
        ValueError: A part would have no event.
    """
    ordered = np.sort(timestamps)
    if not len(ordered) or ordered[0] == ordered[-1]:
        raise ValueError(
            "prepare.split = 'global_time': expected events at two times or more, got"
            f" {len(ordered)} events at one"
        )
    share = config.test_share
    test_from = config.test_from or _since(ordered, share)
    validation_from = config.validation_from or _since(ordered, share + config.validation_share)
    if not ordered[0] < validation_from < test_from <= ordered[-1]:
        raise ValueError(
            "prepare.validation_from, prepare.test_from: expected events before, between and after"
            f" them, got {validation_from} and {test_from} for events from {ordered[0]} to"
            f" {ordered[-1]}"
        )
    return GlobalTime(
        validation_from,
        test_from,
        int(ordered[-1]) + 1,
        config.min_history,
        config.requests_per_user,
        config.requests_taken,
    )


def _since(ordered: np.ndarray, share: float) -> int:
    held = max(1, round(len(ordered) * share))
    return int(ordered[len(ordered) - held])


def _events_before(time: np.ndarray, where: Spans, moment: int) -> np.ndarray:
    """How many events of each user lie before a moment: int64 `[users]`."""
    before = np.concatenate([[0], np.cumsum(time < moment)])
    return before[where.first + where.length] - before[where.first]
