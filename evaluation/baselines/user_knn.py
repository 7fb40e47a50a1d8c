"""User-kNN: what people with a similar history watched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy import sparse

from evaluation.baselines.neighbours import keep_nearest, shrunk_cosine
from evaluation.histories import RawHistories
from evaluation.requests import Requests

# The best of `python -m benchmarks.tune_baselines`, the same for every data set.
NEIGHBOURS = 50
SHRINKAGE = 200.0


@dataclass(frozen=True, eq=False)
class UserKnn:
    """Scores an item by the similarity of the people who watched it.

    With s_uv the cosine of two histories' event counts, shrunk as `shrunk_cosine` has it, and N(u)
    the fitted people most similar to u, the score of i is sum_{v in N(u)} s_uv n_vi, n_vi being v's
    events with i (Resnick et al., "GroupLens: an open architecture for collaborative filtering of
    netnews", CSCW 1994; for lists: Sarwar et al., "Analysis of recommendation algorithms for
    e-commerce", EC 2000).

    A person is compared by the history of the request, so whoever was not fitted has neighbours
    too. Who was fitted is their own neighbour, which only adds to what they have seen.

    Attributes:
        counts: float32 sparse `[users, items]`, events of the fitted people.
        neighbours: Size of N(u).
        shrinkage: See `shrunk_cosine`.
    """

    counts: sparse.csr_array
    neighbours: int
    shrinkage: float

    @classmethod
    def fit(
        cls, histories: RawHistories, neighbours: int = NEIGHBOURS, shrinkage: float = SHRINKAGE
    ) -> Self:
        """Keeps all histories; arguments as the attributes."""
        ones = np.ones(len(histories.history_item), np.float32)
        return cls(histories.history_matrix(histories.rows, ones), neighbours, shrinkage)

    def score(self, requests: Requests, rows: np.ndarray) -> np.ndarray:
        """See `evaluation.ranking_protocol.Scorer`."""
        ones = np.ones(len(requests.events(rows).item), np.float32)
        similarity = shrunk_cosine(requests.history_matrix(rows, ones), self.counts, self.shrinkage)
        return (keep_nearest(similarity, self.neighbours) @ self.counts).toarray()
