"""Candidates that no search finds: the caller's own, and what is left behind the last search."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from serving.catalogue import Catalogue
from serving.eligible import Eligible
from serving.retriever import Retriever
from serving.spread import room
from serving.stages import Candidates
from serving.validation import Query


@dataclass(frozen=True)
class Score:
    """The scores that retrieval has for given items."""

    retriever: Retriever

    def __call__(self, rows: np.ndarray, queries: np.ndarray) -> Candidates:
        """Of distinct catalogue rows, `[items]` int64, ascending."""
        return Candidates(rows, self.retriever.score(queries, rows).T)


@dataclass(frozen=True)
class Rest:
    """The next items in the order of popularity: all of a page, and nothing else.

    A page ends early where the caps leave the next item no place; it is the first of the next page.
    """

    catalogue: Catalogue

    def __call__(self, eligible: Eligible, query: Query) -> np.ndarray:
        """Catalogue rows, `[at most k]` int64, the most watched first."""
        rows = eligible.of(self.catalogue.popular)[: query.k]
        return rows[: room(self.catalogue, rows, query.spread.caps).fitting()]
