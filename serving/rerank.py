"""The stage that keeps a list from being of one kind, where a request asks for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from serving.catalogue import Catalogue
from serving.retriever import Retriever
from serving.spread import choose, room
from serving.stages import Ranked
from serving.validation import Query


@dataclass(frozen=True)
class Rerank:
    """Chooses the k items of the list among the best, by diversity and caps.

    Attributes:
        catalogue: Whose features the caps are on.
        retriever: Whose vectors say what is alike.
        pool: Items to choose among, or k where that is more.
    """

    catalogue: Catalogue
    retriever: Retriever
    pool: int

    def __call__(self, ranked: Ranked, query: Query) -> Ranked:
        spread, best = query.spread, ranked.top(max(self.pool, query.k))
        if spread.diversity:
            vectors = self.retriever.vectors(best.rows)
        else:
            vectors = np.zeros((len(best), 0), dtype=np.float32)
        left = room(self.catalogue, best.rows, spread.caps)
        return best.at(choose(vectors, left, query.k, spread.diversity))
