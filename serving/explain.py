"""The stage that tells which events of the histories moved the scores of the shown items most."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from schemas.cards import Card
from serving.backend import Ranker
from serving.stages import Candidates, Ranked, Reasons, Viewers
from serving.validation import Query


@dataclass(frozen=True)
class Explain:
    """The k best, each with the events without which the ranker would score it most differently."""

    ranker: Ranker
    card: Card

    def __call__(
        self, ranked: Ranked, candidates: Candidates, viewers: Viewers, query: Query
    ) -> Ranked:
        shown = ranked.top(query.k)
        if not len(shown):
            return shown
        retrieval = candidates.scores[np.searchsorted(candidates.rows, shown.rows)]
        moved = self.ranker.explain(viewers.profiles, shown.rows, retrieval)
        by_event = query.goal.contributions(
            moved, shown.predictions["viewer_scores"], self.card.rating_range
        )
        reasons = strongest(by_event, moved.event_rows, query.reasons)
        return dataclasses.replace(shown, reasons=reasons)


def strongest(contribution: np.ndarray, event_rows: np.ndarray, count: int) -> Reasons:
    """The events that change a score most, whichever way.

    Args:
        contribution: `[items, viewers, events]`.
        event_rows: `[viewers, events]` int64 catalogue rows, -1: no event.
        count: Events to keep of each item.
    """
    by_event = contribution.reshape(len(contribution), -1)
    viewer = np.repeat(np.arange(len(event_rows)), event_rows.shape[1])
    rows = event_rows.ravel()
    watched = rows >= 0
    change = np.where(watched, np.abs(by_event), -1)
    kept = min(count, np.count_nonzero(watched))
    best = np.argsort(-change, axis=1, kind="stable")[:, :kept]
    return Reasons(viewer[best], rows[best], np.take_along_axis(by_event, best, axis=1))
