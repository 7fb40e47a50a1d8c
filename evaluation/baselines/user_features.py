"""People as rows of features: who they are, and their columns of text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy import sparse

from evaluation.histories import RawHistories


@dataclass(frozen=True, eq=False)
class UserFeatures:
    """What was known when a model was fitted.

    Attributes:
        user_ids: str `[users]`, sorted: the fitted people.
        values: Each column of text to its values, sorted, without "", which is none.
    """

    user_ids: np.ndarray
    values: dict[str, np.ndarray]

    @classmethod
    def fit(cls, histories: RawHistories) -> Self:
        """Keeps the values of some people; columns of numbers are left out."""
        texts = {k: v for k, v in histories.user_features.items() if v.dtype == object}
        values = {k: np.unique(v[v != ""].astype(str)) for k, v in texts.items()}
        return cls(np.unique(histories.user_ids.astype(str)), values)

    def matrix(self, histories: RawHistories, rows: np.ndarray) -> sparse.csr_array:
        """1 for each feature of each person, nothing for what was not fitted.

        Args:
            histories: Whose people are read.
            rows: int64 `[rows]`.

        Returns:
            Sparse float32 `[rows, features]`.
        """
        columns = {name: histories.user_features[name][rows] for name in self.values}
        blocks = [_one_hot(histories.user_ids[rows], self.user_ids)]
        blocks += [_one_hot(columns[name], values) for name, values in self.values.items()]
        return sparse.hstack(blocks, format="csr")


def _one_hot(found: np.ndarray, known: np.ndarray) -> sparse.csr_array:
    """float32 `[rows, known]`; `known` is sorted."""
    text = found.astype(str)
    place = np.searchsorted(known, text)
    row = np.flatnonzero(np.isin(text, known))
    ones = np.ones(len(row), np.float32)
    return sparse.coo_array((ones, (row, place[row])), shape=(len(found), len(known))).tocsr()
