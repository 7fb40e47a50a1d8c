"""What the ranker remembers of items beside their vectors: affinities and known ratings."""

from __future__ import annotations

from typing import Any

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
from keras import ops

from ranking.affinities import ItemAffinities
from ranking.known_ratings import KnownRatings
from ranking.neighbours import look_up


def remembered(affinities: ItemAffinities, ratings: KnownRatings) -> dict[str, np.ndarray]:
    """The arrays of an `ItemMemory`; tables of ratings lie one behind the other."""
    return {
        "affinity_neighbour": affinities.neighbour,
        "affinity_strength": affinities.strength,
        "rating_neighbour": np.concatenate(ratings.neighbour),
        "rating_alike": np.concatenate(ratings.alike)[..., None],
        "rating_total": np.concatenate(ratings.total),
        "rating_count": np.concatenate(ratings.count),
    }


class ItemMemory:
    """Looks up what is remembered of items, by index.

    Args:
        values: As `remembered` gives them, as tensors or variables.
    """

    def __init__(self, values: dict[str, Any]):
        self.values = values
        self.indices = values["affinity_neighbour"].shape[0]

    def ratings(self, items: Any, table: Any) -> tuple[Any, Any]:
        """Sums of the residuals of items' ratings, and how many they are.

        Args:
            items: `[...]` int, item indices.
            table: Int that broadcasts to them, a table of `KnownRatings`.

        Returns:
            Both `[...]` float32.
        """
        at = items + ops.cast(table, items.dtype) * self.indices
        total, count = self.values["rating_total"], self.values["rating_count"]
        return ops.take(total, at, axis=0), ops.take(count, at, axis=0)

    def affinity(self, history: Any, candidates: Any) -> Any:
        """Strength of each event's item for each candidate; see `look_up`."""
        neighbour, strength = self.values["affinity_neighbour"], self.values["affinity_strength"]
        return look_up(neighbour, strength, history, candidates)

    def agreement(self, history: Any, candidates: Any, table: Any) -> Any:
        """How clearly each event's item and each candidate are rated alike.

        Args:
            history: `[batch, owners, history_len]` int, item indices.
            candidates: `[batch, cutoffs, candidates]` int, item indices.
            table: `[batch, owners]` int, a table of `KnownRatings`.

        Returns:
            `[batch, cutoffs, candidates, owners, history_len]` float32, 0 where not at all.
        """
        at = history + ops.cast(table, history.dtype)[..., None] * self.indices
        neighbour, alike = self.values["rating_neighbour"], self.values["rating_alike"]
        return look_up(neighbour, alike, at, candidates)[..., 0]
