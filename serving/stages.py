"""The stages of the request path: each takes what it narrows first and gives back what is left."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np

from schemas import recommender_pb2 as pb
from schemas.cards import Card
from serving.backend import QueryEncoder, Ranker
from serving.catalogue import Catalogue
from serving.eligible import Eligible, eligible_items
from serving.goal import Goal, chances
from serving.live_profiles import LiveProfiles
from serving.page_token import Page
from serving.profiles import Profile, unknown_profile
from serving.recent import with_recent
from serving.retriever import Retriever
from serving.shown_items import ShownItems
from serving.validation import Query


@dataclass(frozen=True)
class Viewers:
    """The people of a request.

    Attributes:
        profiles: One per viewer, in the order of the request.
        unknown: Places in `profiles` of user ids that the server does not know.
    """

    profiles: tuple[Profile, ...]
    unknown: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.profiles)

    @property
    def have_history(self) -> bool:
        """Whether at least one of them has watched something."""
        return any(len(profile.rows) for profile in self.profiles)


@dataclass(frozen=True)
class Candidates:
    """What retrieval found for any of the viewers.

    Attributes:
        rows: `[candidates]` int64 distinct catalogue rows, ascending.
        scores: `[candidates, viewers]` float32 inner products, for every viewer.
    """

    rows: np.ndarray
    scores: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Reasons:
    """For each of some items the events that moved its score most, the largest change first.

    Attributes:
        viewers: `[items, events]` int64, whose event it is, by place in the request.
        rows: `[items, events]` int64 catalogue rows of what was watched.
        contributions: `[items, events]` float32, the score less the score without the event.
    """

    viewers: np.ndarray
    rows: np.ndarray
    contributions: np.ndarray

    def top(self, k: int) -> Reasons:
        """Those of the first k items."""
        return Reasons(self.viewers[:k], self.rows[:k], self.contributions[:k])


@dataclass(frozen=True)
class Ranked:
    """Candidates, best first.

    Attributes:
        rows: `[candidates]` int64 catalogue rows.
        score: `[candidates]` what they are ordered by.
        source: Where all of them come from.
        predictions: Name in `pb.Scores` to `[candidates, ...]` values; none for popular items.
        reasons: Of every candidate, once they are known.
    """

    rows: np.ndarray
    score: np.ndarray
    source: pb.Source
    predictions: dict[str, np.ndarray]
    reasons: Reasons | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def top(self, k: int) -> Ranked:
        """The first k."""
        reasons = self.reasons.top(k) if self.reasons else None
        return replace(self.at(slice(k)), reasons=reasons)

    def at(self, places: np.ndarray | slice) -> Ranked:
        """Those at some places, in their order, without reasons."""
        kept = {name: values[places] for name, values in self.predictions.items()}
        return Ranked(self.rows[places], self.score[places], self.source, kept)


@dataclass(frozen=True)
class Resolve:
    """Looks up user ids; an unknown one is a viewer of whom only the recent events are known."""

    profiles: LiveProfiles
    card: Card

    def __call__(self, viewers: Sequence[str | Profile], recent: Sequence[Profile]) -> Viewers:
        users = [viewer for viewer in viewers if isinstance(viewer, str)]
        looked_up = iter(self.profiles.get(users))
        found = [next(looked_up) if isinstance(viewer, str) else viewer for viewer in viewers]
        now = int(time.time())
        return Viewers(
            profiles=tuple(
                with_recent(profile or unknown_profile(self.card), events, now)
                for profile, events in zip(found, recent, strict=True)
            ),
            unknown=tuple(at for at, profile in enumerate(found) if profile is None),
        )


@dataclass(frozen=True)
class Filter:
    """Bars what was seen, by the request's policy, what it excludes and what was on earlier pages.

    Before retrieval and not after it, because retrieval fetches more where more is barred.
    """

    def __call__(
        self, catalogue: Catalogue, viewers: Viewers, query: Query, page: Page
    ) -> Eligible:
        histories = [np.unique(profile.rows) for profile in viewers.profiles]
        if query.seen_policy == pb.INCLUDE_SEEN:
            seen = np.zeros(0, dtype=np.int64)
        elif query.seen_policy == pb.EXCLUDE_SEEN_BY_ALL:
            seen = reduce(np.intersect1d, histories)
        else:
            seen = np.concatenate(histories)
        taken = np.union1d(seen, query.exclude).astype(np.int64)
        return eligible_items(catalogue, taken, query.filters.passing(catalogue), page)


@dataclass(frozen=True)
class Encode:
    """Query vectors, `[viewers, embedding_dim]` float32."""

    encoder: QueryEncoder

    def __call__(self, viewers: Viewers) -> np.ndarray:
        return self.encoder.encode(viewers.profiles)


@dataclass(frozen=True)
class Retrieve:
    """The nearest items of any viewer, with every viewer's score for each.

    As many as for one viewer: ranking takes longer the more there are, and the last places of each
    viewer's list give a group nothing (docs/decisions.md).
    """

    retriever: Retriever
    candidates: int

    def __call__(self, eligible: Eligible, queries: np.ndarray, k: int) -> Candidates:
        wanted = max(self.candidates, k)
        barred = [eligible.barred] * len(queries)
        hits = self.retriever.search(queries, wanted, barred, eligible.allowed)
        rows = hits.united(wanted)
        return Candidates(rows, self.retriever.score(queries, rows).T)


@dataclass(frozen=True)
class Rank:
    """Orders candidates by the goal, all viewers in one pass.

    Predicted ratings end at the ends of the scale, so equal ones are common: those go by the
    viewers' mean chance (docs/decisions.md), and then by item id. Where the data has no ratings
    none is predicted.
    """

    ranker: Ranker
    card: Card

    def __call__(
        self, candidates: Candidates, viewers: Viewers, goal: Goal, source: pb.Source = pb.PERSONAL
    ) -> Ranked:
        if not len(candidates):
            return Ranked(candidates.rows, np.zeros(0, np.float32), source, {})
        scores = self.ranker.rank(viewers.profiles, candidates.rows, candidates.scores)
        of_viewers = goal.viewer_scores(scores, self.card.rating_range)
        score, watch_next = goal.group_score(of_viewers), chances(scores.watch_next).mean(axis=1)
        order = np.lexsort((candidates.rows, -watch_next, -score))
        predictions = {
            "retrieval": candidates.scores.max(axis=1),
            "watch_next": watch_next,
            "viewer_scores": of_viewers,
        }
        if self.card.rating is not None:
            predictions |= {"joint_rating": scores.joint_rating, "viewer_ratings": scores.rating}
        return Ranked(
            rows=candidates.rows[order],
            score=score[order],
            source=source,
            predictions={name: values[order] for name, values in predictions.items()},
        )


@dataclass(frozen=True)
class Popular:
    """The most watched items of the training data, for viewers without any history."""

    catalogue: Catalogue

    def __call__(self, eligible: Eligible, most: int | None = None) -> Ranked:
        rows = eligible.of(self.catalogue.popular)[:most]
        return Ranked(rows, self.catalogue.train_count[rows], pb.POPULAR, {})


@dataclass(frozen=True)
class Respond:
    """The k best as the client sees them."""

    catalogue: Catalogue
    shown: ShownItems

    def __call__(self, ranked: Ranked, k: int) -> list[pb.Recommendation]:
        top = ranked.top(k)
        predictions = {name: values.tolist() for name, values in top.predictions.items()}
        reasons, sources = self._reasons(top), self._sources(top)
        return [
            pb.Recommendation(
                item=item,
                scores=pb.Scores(
                    score=score, **{name: values[at] for name, values in predictions.items()}
                ),
                source=sources[at],
                reasons=reasons[at],
            )
            for at, (item, score) in enumerate(
                zip(self.shown.of(top.rows), top.score.tolist(), strict=True)
            )
        ]

    def _sources(self, ranked: Ranked) -> list[pb.Source]:
        """Where each item comes from."""
        new = self.catalogue.new
        if ranked.source != pb.PERSONAL or new is None:
            return [ranked.source] * len(ranked)
        return [pb.NEW_ITEM if each else pb.PERSONAL for each in new[ranked.rows].tolist()]

    def _reasons(self, ranked: Ranked) -> list[list[pb.Reason]]:
        """The reasons of each item; none where they are not known."""
        reasons = ranked.reasons
        if reasons is None:
            return [[] for _ in ranked.rows]
        watched = iter(self.shown.of(reasons.rows.ravel()))
        return [
            [
                pb.Reason(viewer=viewer, item=next(watched), contribution=contribution)
                for viewer, contribution in zip(viewers, contributions, strict=True)
            ]
            for viewers, contributions in zip(
                reasons.viewers.tolist(), reasons.contributions.tolist(), strict=True
            )
        ]
