"""What the ranker remembers of items beside their vectors: affinities and known ratings."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
from keras import ops

from ranking.affinities import ItemAffinities, count_affinities
from ranking.known_ratings import KnownRatings, count_ratings
from ranking.neighbours import look_up
from schemas.config import RankingConfig
from schemas.histories import Histories

MOST_CELLS = np.iinfo(np.int32).max
"""That places in a table can be counted in 32 bits, as look-ups do."""
LookUp = Callable[[Any, Any, Any, Any], Any]
"""With the arguments and the result of `ranking.neighbours.look_up`."""


def remembered(affinities: ItemAffinities, ratings: KnownRatings) -> dict[str, np.ndarray]:
    """The arrays of an `ItemMemory`; tables of ratings lie one behind the other."""
    neighbours = ratings.neighbour.shape[-1]
    return {
        "affinity_neighbour": affinities.neighbour,
        "affinity_strength": affinities.strength,
        "rating_neighbour": ratings.neighbour.reshape(-1, neighbours),
        "rating_alike": ratings.alike.reshape(-1, neighbours, 1),
        "rating_total": ratings.total.ravel(),
        "rating_count": ratings.count.ravel(),
    }


def remember(histories: Histories, indices: int, config: RankingConfig) -> dict[str, np.ndarray]:
    """All that some histories say of the items, as `remembered` gives it."""
    ratings = count_ratings(histories, indices, config.neighbours)
    return remembered(count_affinities(histories, indices, config), ratings)


class ItemMemory:
    """Looks up what is remembered of items, by index.

    Args:
        values: As `remembered` gives them, as tensors or variables.
        look_up: What finds pairs of items in a table of neighbours.
    """

    def __init__(self, values: dict[str, Any], look_up: LookUp = look_up):
        for name in ("affinity_neighbour", "rating_neighbour"):
            cells = math.prod(values[name].shape)
            if cells > MOST_CELLS:
                raise ValueError(
                    f"ranking.neighbours: expected at most {MOST_CELLS} neighbours of all items in "
                    f"{name}, got {cells}"
                )
        self.values, self._look_up = values, look_up
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
        return self._look_up(neighbour, strength, history, candidates)

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
        return self._look_up(neighbour, alike, at, candidates)[..., 0]
