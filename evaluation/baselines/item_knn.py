"""Item-kNN: items like those of the history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy import sparse

from evaluation.baselines.neighbours import keep_nearest, shrunk_cosine
from evaluation.batches import batches
from evaluation.histories import RawHistories
from evaluation.requests import Requests

# The best of `python -m benchmarks.tune_baselines`, the same for every data set.
NEIGHBOURS = 200
SHRINKAGE = 50.0
ITEMS_AT_ONCE = 1_024


@dataclass(frozen=True, eq=False)
class ItemKnn:
    """Scores an item by its similarity to the items of the history.

    With s_ij the cosine of two items' columns of event counts, shrunk as `shrunk_cosine` has it,
    and N(j) the items most similar to j, the score of j is sum_{i in N(j)} n_i s_ij, n_i being the
    events of i in the history (Deshpande & Karypis, "Item-based top-N recommendation algorithms",
    TOIS 2004).

    Attributes:
        weights: float32 sparse `[items, items]`, s_ij in row i and column j, 0 outside N(j).
    """

    weights: sparse.csr_array

    @classmethod
    def fit(
        cls, histories: RawHistories, neighbours: int = NEIGHBOURS, shrinkage: float = SHRINKAGE
    ) -> Self:
        """Compares every item with every other.

        Args:
            histories: The events to fit.
            neighbours: Size of N(j).
            shrinkage: See `shrunk_cosine`.
        """
        ones = np.ones(len(histories.history_item), np.float32)
        users = histories.history_matrix(histories.rows, ones).T.tocsr()
        nearest = []
        for items in batches(np.arange(histories.items), ITEMS_AT_ONCE):
            similarity = shrunk_cosine(users[items], users, shrinkage)
            similarity[np.arange(len(items)), items] = 0.0
            nearest.append(keep_nearest(similarity, neighbours))
        return cls(sparse.vstack(nearest).T.tocsr())

    def score(self, requests: Requests, rows: np.ndarray) -> np.ndarray:
        """See `evaluation.ranking_protocol.Scorer`."""
        ones = np.ones(len(requests.events(rows).item), np.float32)
        return (requests.history_matrix(rows, ones) @ self.weights).toarray()
