"""What each split holds, counted from the files of a prepared artefact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from pipeline.describe.catalogue import Catalogue
from pipeline.describe.events import Events, read_targets, read_users
from pipeline.describe.ratings import RatingCounts
from pipeline.describe.shares import share
from pipeline.describe.times import TimeCounts
from pipeline.merge import ITEM_RATINGS
from pipeline.tasks.facts import RATING_COUNT, RATING_SUM
from schemas.cards import RatingScale
from schemas.columns import REQUESTS

FIT = "fit"


@dataclass(frozen=True, eq=False)
class SplitCounts:
    """One split: events that are fitted, or targets that are asked for.

    Attributes:
        items: int64 `[items]`, events of each item of the catalogue.
        rating_mean: None if nothing is rated.
        ratings: None where only the mean is known.
        times: The same.
    """

    items: np.ndarray
    rating_mean: float | None
    ratings: RatingCounts | None = None
    times: TimeCounts | None = None

    @property
    def events(self) -> int:
        """How many there are."""
        return int(self.items.sum())

    def figures(self) -> dict[str, Any]:
        """`events`, `items` that have any, `rating_mean`, and where known the span of time."""
        span = self.times.span() if self.times else {"from": None, "to": None}
        items = int((self.items > 0).sum())
        return {"events": self.events, "items": items, "rating_mean": self.rating_mean, **span}


def count_splits(
    prepared: Path, catalogue: Catalogue, scale: RatingScale | None
) -> Mapping[str, SplitCounts]:
    """`train`, `fit`, `validation` and `test`.

    `train` is in no table of its own: `prepare` has counted its events and ratings by item.
    """
    rated = pa.parquet.read_table(prepared / ITEM_RATINGS, columns=[RATING_COUNT, RATING_SUM])
    count, total = (rated[name].to_numpy() for name in (RATING_COUNT, RATING_SUM))
    splits = {"train": SplitCounts(catalogue.train_count, share(total.sum(), count.sum()))}
    fitted = (users.events for users in read_users(prepared / f"{FIT}.parquet", catalogue))
    splits[FIT] = _count(fitted, catalogue, scale)
    for name in REQUESTS:
        targets = read_targets(prepared / f"{name}.parquet", catalogue)
        splits[name] = _count(targets, catalogue, scale)
    return splits


def _count(
    batches: Iterable[Events], catalogue: Catalogue, scale: RatingScale | None
) -> SplitCounts:
    items = np.zeros(len(catalogue), np.int64)
    ratings, times = RatingCounts(scale), TimeCounts()
    for events in batches:
        items += np.bincount(events.item, minlength=len(items))
        ratings.add(events.rating)
        times.add(events.timestamp)
    return SplitCounts(items, ratings.mean, ratings, times)
