"""Which features are not known, and of how many."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.describe.catalogue import Catalogue
from pipeline.describe.shares import share
from pipeline.feature_types import missing
from schemas.cards import Feature


def is_missing(values: pa.Array) -> np.ndarray:
    """Where a raw feature says "not known": bool `[rows]`.

    Args:
        values: A column of `prepared`: "", an empty list, NaN, 0 or null is missing, each for its
            type.
    """
    if pa.types.is_list(values.type):
        found = pc.equal(pc.list_value_length(values), 0)
    elif pa.types.is_floating(values.type):
        found = pc.is_nan(values)
    else:
        found = pc.equal(values, missing(values.type))
    return pc.fill_null(found, True).to_numpy(zero_copy_only=False)


class UserMissing:
    """Adds up over batches of users."""

    def __init__(self, features: Mapping[str, Feature]):
        """Begins with none; `features` are the card's of users."""
        self.features = features
        self.users = self.events = 0
        self.counts = {name: np.zeros(2, np.int64) for name in features}

    def add(self, users: pa.RecordBatch, length: np.ndarray) -> None:
        """Counts some users and their events.

        Args:
            users: The features' columns, a row per user.
            length: int64 `[users]`, events of each.
        """
        self.users += len(length)
        self.events += int(length.sum())
        for name, count in self.counts.items():
            found = is_missing(users.column(name))
            count += [found.sum(), length[found].sum()]

    def figures(self) -> dict[str, dict[str, Any]]:
        """By feature: `kind`, `missing`, `missing_share` of users and `missing_event_share`."""
        return {
            name: _row(self.features[name], int(rows), int(events), self.users, self.events)
            for name, (rows, events) in self.counts.items()
        }


def item_missing(
    catalogue: Catalogue, features: Mapping[str, Feature], item_events: np.ndarray
) -> dict[str, dict[str, Any]]:
    """The same of items.

    Args:
        catalogue: The items.
        features: The card's of items.
        item_events: int64 `[items]`, events of each.
    """
    rows = {}
    for name, feature in features.items():
        found = is_missing(catalogue.column(name))
        counts = int(found.sum()), int(item_events[found].sum())
        rows[name] = _row(feature, *counts, len(catalogue), int(item_events.sum()))
    return rows


def _row(feature: Feature, rows: int, events: int, of_rows: int, of_events: int) -> dict[str, Any]:
    return {
        "kind": str(feature.kind),
        "missing": rows,
        "missing_share": share(rows, of_rows),
        "missing_event_share": share(events, of_events),
    }
