"""People as rows of features: who they are, and their columns, numbers in groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy import sparse

from evaluation.histories import RawHistories

GROUPS = 5
"""Of the people, by a number."""


@dataclass(frozen=True, eq=False)
class UserFeatures:
    """What was known when a model was fitted.

    Attributes:
        user_ids: str `[users]`, sorted: the fitted people.
        values: Each column to its values as text, sorted, without "", which is none.
        edges: Each column of numbers to what parts its groups, rising.
    """

    user_ids: np.ndarray
    values: dict[str, np.ndarray]
    edges: dict[str, np.ndarray]

    @classmethod
    def fit(cls, histories: RawHistories) -> Self:
        """Keeps the values of some people; numbers are in `GROUPS` of equal size, or fewer."""
        columns = {k: v for k, v in histories.user_features.items() if v.dtype.kind in "Of"}
        edges = {k: _edges(v) for k, v in columns.items() if v.dtype.kind == "f"}
        texts = {k: _texts(v, edges.get(k)) for k, v in columns.items()}
        values = {k: np.unique(text[text != ""]) for k, text in texts.items()}
        return cls(np.unique(histories.user_ids.astype(str)), values, edges)

    def matrix(self, histories: RawHistories, rows: np.ndarray) -> sparse.csr_array:
        """1 for each feature of each person, nothing for what was not fitted.

        Args:
            histories: Whose people are read.
            rows: int64 `[rows]`.

        Returns:
            Sparse float32 `[rows, features]`.
        """
        columns = {
            name: _texts(histories.user_features[name][rows], self.edges.get(name))
            for name in self.values
        }
        blocks = [_one_hot(histories.user_ids[rows], self.user_ids)]
        blocks += [_one_hot(columns[name], values) for name, values in self.values.items()]
        return sparse.hstack(blocks, format="csr")


def _edges(numbers: np.ndarray) -> np.ndarray:
    """What parts the known ones into groups: float `[at most GROUPS - 1]`."""
    known = numbers[np.isfinite(numbers)]
    shares = np.arange(1, GROUPS) / GROUPS
    return np.unique(np.quantile(known, shares)) if len(known) else np.zeros(0)


def _texts(column: np.ndarray, edges: np.ndarray | None) -> np.ndarray:
    """A column as text, numbers as the number of their group; "" where nothing is known."""
    if edges is None:
        return column.astype(str)
    group = np.searchsorted(edges, column, side="right").astype(str)
    return np.where(np.isfinite(column), group, "")


def _one_hot(found: np.ndarray, known: np.ndarray) -> sparse.csr_array:
    """float32 `[rows, known]`; `known` is sorted."""
    text = found.astype(str)
    place = np.searchsorted(known, text)
    row = np.flatnonzero(np.isin(text, known))
    ones = np.ones(len(row), np.float32)
    return sparse.coo_array((ones, (row, place[row])), shape=(len(found), len(known))).tocsr()
