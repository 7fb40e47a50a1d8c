"""User-based: nobody who is asked for was fitted.

A seeded hash of the user id says who validates and who tests. A held-out user's early events are
the input of each of their requests and the later ones the targets, so that no target is ever input.
`train` holds all events of the other users, `fit` those of the validation users too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.gather import spans
from pipeline.hashing import unit_hash
from pipeline.splits.cut import Cut, fitted, requests
from schemas.columns import USER_ID
from schemas.shares import whole_share


@dataclass(frozen=True)
class UserBased:
    """Disjoint users.

    Attributes:
        test_share: Share of users who test.
        validation_share: Share of users who validate.
        input_share: Share of a held-out user's events that are input, rounded down.
        min_history: Fewest events of an input; it takes more than its share if need be.
        requests_per_user: Most requests of a user.
        requests_taken: Which are kept where there are more, one of `cut.TAKEN`.
        seed: Of the hash.
    """

    test_share: float
    validation_share: float
    input_share: float
    min_history: int
    requests_per_user: int
    requests_taken: str
    seed: int

    def cut(self, profiles: pa.RecordBatch, name: str) -> Cut:
        """See `Split`."""
        events = spans(profiles).length
        part = self.parts(profiles.column(USER_ID))
        if name == "train":
            return fitted(np.where(part == "train", events, 0))
        if name == "fit":
            return fitted(np.where(part != "test", events, 0))
        early = whole_share(events, self.input_share)
        early = np.maximum(early, self.min_history)
        high = np.where(part == name, events, 0)
        user, target = requests(early, high, self.requests_per_user, self.requests_taken)
        return Cut(user, early[user], target)

    def parts(self, users: pa.Array) -> np.ndarray:
        """`train`, `validation` or `test` for each user id: str `[users]`."""
        at = unit_hash(users, self.seed)
        held_out = self.test_share + self.validation_share
        return np.where(
            at < self.test_share, "test", np.where(at < held_out, "validation", "train")
        )

    def describe(self) -> dict[str, Any]:
        """See `Split`."""
        return {"kind": "user_based"} | vars(self)

    @property
    def train_ends(self) -> None:
        """See `Split`."""
        return None
