"""The stages behind SimilarItems."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from schemas import recommender_pb2 as pb
from serving.catalogue import Catalogue
from serving.eligible import Eligible
from serving.retriever import Retriever
from serving.shown_items import ShownItems
from serving.validation import SimilarQuery


@dataclass(frozen=True)
class Near:
    """Items, the nearest first.

    Attributes:
        rows: `[items]` int64 catalogue rows.
        scores: `[items]` float32 inner products.
    """

    rows: np.ndarray
    scores: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Nearest:
    """The items whose vectors are nearest to an item's."""

    retriever: Retriever

    def __call__(self, eligible: Eligible, query: SimilarQuery) -> Near:
        vector = self.retriever.vectors(np.array([query.row]))
        hits = self.retriever.search(vector, query.k, [eligible.barred])
        return Near(hits.rows[hits.valid], hits.scores[hits.valid])


@dataclass(frozen=True)
class Similar:
    """Them as the client sees them."""

    catalogue: Catalogue
    shown: ShownItems

    def __call__(self, near: Near) -> list[pb.SimilarItem]:
        new = np.zeros(len(near), bool)
        if self.catalogue.new is not None:
            new = self.catalogue.new[near.rows]
        items = zip(self.shown.of(near.rows), near.scores.tolist(), new.tolist(), strict=True)
        return [
            pb.SimilarItem(
                item=item, score=score, source=pb.NEW_ITEM if is_new else pb.SOURCE_UNSPECIFIED
            )
            for item, score, is_new in items
        ]
