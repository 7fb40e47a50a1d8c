"""What a join found: a record for each item, and what is doubtful about it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

METHODS = ("none", "imdb_id", "exact", "fuzzy", "part")
NONE, IMDB_ID, EXACT, FUZZY, PART_OF_TITLE = range(len(METHODS))


@dataclass(frozen=True)
class Doubt:
    """One row of the table of doubtful ones.

    Attributes:
        reason: A key of `doubts.TAKEN` or `doubts.LEFT_OUT`.
        item: Row of the item.
        record: Row of the record that is doubtful, or -1.
        score: Similarity of the titles, 0 to 100; NaN where none was computed.
        runner_up: Row of the next record, or -1.
        decided: What sets the two apart, or "".
    """

    reason: str
    item: int
    record: int = -1
    score: float = math.nan
    runner_up: int = -1
    decided: str = ""


@dataclass
class Matches:
    """Filled step by step; a record is given to one item at most, but for ids that items share.

    Attributes:
        record: `[items]` int64, row of the record or -1.
        method: `[items]` int8, index into `METHODS`.
        score: `[items]` float32, similarity of the titles, 0 to 100; NaN where none was computed.
        doubts: What a person should look at.
    """

    record: np.ndarray
    method: np.ndarray
    score: np.ndarray
    doubts: list[Doubt] = field(default_factory=list)

    @classmethod
    def none(cls, items: int) -> Matches:
        """Nothing found yet."""
        return cls(np.full(items, -1), np.zeros(items, np.int8), np.full(items, np.nan, np.float32))

    def take(self, items: np.ndarray, records: np.ndarray, method: int, score: np.ndarray) -> None:
        """Gives each of these items its record."""
        self.record[items] = records
        self.method[items] = method
        self.score[items] = score
