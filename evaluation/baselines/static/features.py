"""What a model of rows knows of a history and an item."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy import sparse

from evaluation.histories import RawHistories

NAMES = (
    "item_popularity",
    "item_rating",
    "history_events",
    "history_rating",
    "watched_together",
    "alike_in_content",
)
NOTHING = -1
"""In place of an item: none is hidden."""
DAMPING = 5.0
"""Ratings of the mean that each item and each history is given."""


@dataclass(frozen=True, eq=False)
class StaticFeatures:
    """Facts of the fitted events, from which rows are made.

    Attributes:
        watchers: float32 `[items]`, people who have the item in their history.
        rating_sum: float64 `[items]`, of their ratings less the mean.
        rating_count: float64 `[items]`.
        together: float32 sparse `[items, items]`, people with both items over the root of the
            row's `watchers`, 0 on the diagonal.
        content: float32 sparse `[items, values]`, rows of unit length or 0.
        mean: Of all ratings, 0 where there are none.
    """

    watchers: np.ndarray
    rating_sum: np.ndarray
    rating_count: np.ndarray
    together: sparse.csr_array
    content: sparse.csr_array
    mean: float

    @classmethod
    def fit(cls, histories: RawHistories, item_features: sparse.csr_array | None) -> Self:
        """Counts the events of all histories."""
        seen = _seen(histories, histories.rows)
        watchers = seen.sum(axis=0).astype(np.float32)
        common = (seen.T @ seen).tocsr()
        common.setdiag(0)
        common.eliminate_zeros()
        root = sparse.diags_array(_inverse_root(watchers))
        rated = np.isfinite(histories.history_rating)
        rating = histories.history_rating[rated].astype(np.float64)
        item = histories.history_item[rated]
        mean = float(rating.mean()) if len(rating) else 0.0
        content = item_features if item_features is not None else _no_content(histories.items)
        return cls(
            watchers,
            np.bincount(item, rating - mean, minlength=histories.items),
            np.bincount(item, minlength=histories.items).astype(np.float64),
            (root @ common).tocsr(),
            content.astype(np.float32).tocsr(),
            mean,
        )

    def of_catalogue(self, histories: RawHistories, rows: np.ndarray) -> np.ndarray:
        """Rows of each history with every item.

        Args:
            histories: Whose histories are read.
            rows: int64 `[rows]`.

        Returns:
            float32 `[rows * items, 6]`, all items of the first history first.
        """
        pair = np.repeat(np.arange(len(rows)), histories.items)
        item = np.tile(np.arange(histories.items), len(rows))
        return self.of_pairs(histories, rows, pair, item, np.full(len(pair), NOTHING))

    def of_pairs(
        self,
        histories: RawHistories,
        rows: np.ndarray,
        pair: np.ndarray,
        item: np.ndarray,
        hidden: np.ndarray,
    ) -> np.ndarray:
        """Rows of some histories with some items.

        Args:
            histories: Whose histories are read; fitted ones where something is hidden.
            rows: int64 `[rows]`.
            pair: int64 `[pairs]`, position of each pair's history in `rows`.
            item: int64 `[pairs]`, one that the history holds only if it is the hidden one.
            hidden: int64 `[pairs]`, an item of the history; the row says what would be known
                without that event. `NOTHING` hides none.

        Returns:
            float32 `[pairs, 6]`, columns as `NAMES`.
        """
        seen = _seen(histories, rows)
        events = seen.sum(axis=1)[pair] - (hidden != NOTHING)
        item_rating, history_rating = self._ratings(histories, rows, pair, item, hidden)
        columns = [
            np.log1p(self.watchers[item] - (hidden == item)),
            item_rating,
            np.log1p(events),
            history_rating,
            self._together(seen, pair, item, hidden) / np.maximum(events, 1),
            self._alike(seen, pair, item, hidden) / np.maximum(events, 1),
        ]
        return np.stack(columns, axis=1).astype(np.float32)

    def _together(
        self, seen: sparse.csr_array, pair: np.ndarray, item: np.ndarray, hidden: np.ndarray
    ) -> np.ndarray:
        """Sum of the cosines of the item and each of the history: `[pairs]`.

        Where the item itself is hidden, the person is no longer one of those who watched both.
        """
        total = (seen @ self.together).toarray()[pair, item]
        some = np.flatnonzero(hidden != NOTHING)
        total[some] -= _values(self.together, hidden[some], item[some])
        inverse = _inverse_root(self.watchers)
        own = (seen @ inverse)[pair] - inverse[item]
        same = hidden == item
        return (total - same * own) * _inverse_root(self.watchers[item] - same)

    def _alike(
        self, seen: sparse.csr_array, pair: np.ndarray, item: np.ndarray, hidden: np.ndarray
    ) -> np.ndarray:
        """Sum of the cosines of the features of the item and each of the history: `[pairs]`."""
        total = ((seen @ self.content) @ self.content.T).toarray()[pair, item]
        some = np.flatnonzero(hidden != NOTHING)
        products = self.content[hidden[some]].multiply(self.content[item[some]])
        total[some] -= products.sum(axis=1)
        return total

    def _ratings(
        self,
        histories: RawHistories,
        rows: np.ndarray,
        pair: np.ndarray,
        item: np.ndarray,
        hidden: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Damped means of the item and of the history, less the mean of all: each `[pairs]`."""
        rating = histories.events(rows).rating
        rated = np.isfinite(rating)
        residual = np.where(rated, rating - self.mean, 0.0)
        total = histories.history_matrix(rows, residual).toarray()
        count = histories.history_matrix(rows, rated.astype(np.float64)).toarray()
        some, same = hidden != NOTHING, hidden == item
        own_total, own_count = some * total[pair, hidden], some * count[pair, hidden]
        item_rating = (self.rating_sum[item] - same * own_total) / (
            self.rating_count[item] - same * own_count + DAMPING
        )
        history_rating = (total.sum(axis=1)[pair] - own_total) / (
            count.sum(axis=1)[pair] - own_count + DAMPING
        )
        return item_rating, history_rating


def _seen(histories: RawHistories, rows: np.ndarray) -> sparse.csr_array:
    """1 where the history holds the item: float32 `[rows, items]`."""
    ones = np.ones(len(histories.events(rows).item), np.float32)
    seen = histories.history_matrix(rows, ones)
    seen.data[:] = 1.0
    return seen


def _values(matrix: sparse.csr_array, row: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Entries of a matrix: `[entries]`; scipy gives those of no entries another shape."""
    return np.asarray(matrix[row, column]).reshape(len(row)) if len(row) else np.zeros(0)


def _inverse_root(count: np.ndarray) -> np.ndarray:
    return (1 / np.sqrt(np.maximum(count, 1))).astype(np.float32)


def _no_content(items: int) -> sparse.csr_array:
    return sparse.csr_array((items, 1), dtype=np.float32)
