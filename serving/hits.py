"""What a search returns, and how candidates become it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Hits(NamedTuple):
    """Search results, best first.

    Attributes:
        rows: `[queries, k]` int64 catalogue rows; -1 where not valid.
        scores: `[queries, k]` float32 inner products; -inf where not valid.
        valid: `[queries, k]` bool; the valid ones come first.
    """

    rows: np.ndarray
    scores: np.ndarray
    valid: np.ndarray

    def put(self, query: int, rows: np.ndarray, scores: np.ndarray) -> None:
        """Replaces one query's results by the best of its candidates; equal scores go by row.

        Args:
            query: Which one.
            rows: `[candidates]` int64, each once, all of them allowed.
            scores: `[candidates]` float32.
        """
        best: np.ndarray | slice = slice(self.rows.shape[1])
        if (scores[1:] >= scores[:-1]).any():  # ScaNN's answers are in order, ties aside
            best = np.lexsort((rows, -scores))[best]
        count = min(len(rows), self.rows.shape[1])
        self.rows[query, :count], self.rows[query, count:] = rows[best], -1
        self.scores[query, :count], self.scores[query, count:] = scores[best], -np.inf
        self.valid[query, :count], self.valid[query, count:] = True, False

    def united(self, most: int) -> np.ndarray:
        """What was found for any query: `[at most `most`]` int64 rows, ascending, each once.

        Those that come first for some query are kept; among equals the smaller row, so that the
        order of the queries does not matter.
        """
        place = np.nonzero(self.valid.T)[0]
        rows, first = np.unique(self.rows.T[self.valid.T], return_index=True)
        return np.sort(rows[np.argsort(place[first], kind="stable")[:most]])

    def padded(self, k: int) -> Hits:
        """The same with k columns, of which those added are not valid."""
        width = ((0, 0), (0, k - self.rows.shape[1]))
        return Hits(
            np.pad(self.rows, width, constant_values=-1),
            np.pad(self.scores, width, constant_values=-np.inf),
            np.pad(self.valid, width),
        )


def no_hits(queries: int, k: int) -> Hits:
    """Results of which none is valid."""
    return Hits(
        np.full((queries, k), -1, dtype=np.int64),
        np.full((queries, k), -np.inf, dtype=np.float32),
        np.zeros((queries, k), dtype=bool),
    )
