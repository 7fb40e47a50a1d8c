"""Requests, checked field by field and turned into what the request path works on.

Nothing behind this module sees a protobuf request, and nothing before it decides anything.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import grpc
import numpy as np

from schemas import recommender_pb2 as pb
from schemas.cards import Card, FeatureKind
from schemas.columns import EXPLAINED_EVENTS
from schemas.config import ServeConfig
from serving.catalogue import Catalogue
from serving.errors import RequestError, invalid, shown
from serving.filters import Filters, check_item_ids, read_filters
from serving.goal import RATING_WEIGHT, Goal
from serving.profiles import Feature, Profile, unknown_features, unknown_profile
from serving.spread import Spread, read_spread

REASONS = 3
"""Events that explain an item, unless the request says how many."""


@dataclass(frozen=True)
class Query:
    """A valid request for recommendations.

    Attributes:
        viewers: At least one, each a user id to look up or a profile from the request.
        recent: For each viewer what they did that is not recorded; its features do not count.
        k: Items asked for.
        exclude: Catalogue rows never to return, int64.
        filters: What all returned items must be.
        seen_policy: Never SEEN_POLICY_UNSPECIFIED.
        goal: What the items are ordered by.
        spread: How alike the items of a list may be.
        reasons: Events to tell of each item; 0: no explanations.
    """

    viewers: tuple[str | Profile, ...]
    recent: tuple[Profile, ...]
    k: int
    exclude: np.ndarray
    filters: Filters
    seen_policy: pb.SeenPolicy
    goal: Goal
    spread: Spread
    reasons: int


@dataclass(frozen=True)
class RankQuery:
    """A valid request to rank the caller's candidates.

    Attributes:
        viewers: As of a `Query`.
        recent: As of a `Query`.
        rows: Distinct catalogue rows, int64, ascending.
        unknown: Ids that the catalogue does not hold, in the order of the request.
        goal: What the items are ordered by.
    """

    viewers: tuple[str | Profile, ...]
    recent: tuple[Profile, ...]
    rows: np.ndarray
    unknown: tuple[str, ...]
    goal: Goal


@dataclass(frozen=True)
class SimilarQuery:
    """A valid request for similar items.

    Attributes:
        row: Catalogue row of the item.
        k: Items asked for.
        exclude: Catalogue rows never to return, int64.
    """

    row: int
    k: int
    exclude: np.ndarray


class Validator:
    """Checks requests against the catalogue, the card and the server's limits."""

    def __init__(self, card: Card, catalogue: Catalogue, limits: ServeConfig) -> None:
        self._card = card
        self._catalogue = catalogue
        self._limits = limits

    def recommend(self, request: pb.RecommendRequest) -> Query:
        """The request, checked.

        Raises:
            RequestError: INVALID_ARGUMENT, naming the first field at fault, or FAILED_PRECONDITION
                for predicted ratings where the data has none.
        """
        self._check_viewer_count(request.viewers)
        self._check_k(request.k)
        _check_enum("seen_policy", request.seen_policy, pb.SeenPolicy)
        check_item_ids("allow_item_ids", request.allow_item_ids, self._limits.max_allow)
        return Query(
            viewers=self._viewers(request.viewers),
            recent=self._recent(request.viewers),
            k=request.k,
            exclude=self._exclude(request.exclude_item_ids),
            filters=read_filters(request, self._catalogue, self._limits.max_conditions),
            seen_policy=request.seen_policy or pb.EXCLUDE_SEEN_BY_ANY,
            goal=self._goal(request),
            spread=read_spread(request, self._catalogue),
            reasons=self._reasons(request),
        )

    def rank(self, request: pb.RankRequest) -> RankQuery:
        """The request, checked.

        Raises:
            RequestError: As `recommend`.
        """
        self._check_viewer_count(request.viewers)
        item_ids, most = list(request.item_ids), self._limits.max_ranked
        if not item_ids:
            raise invalid("item_ids", f"1 to {most}", 0)
        check_item_ids("item_ids", item_ids, most)
        first: dict[str, int] = {}
        for at, item_id in enumerate(item_ids):
            if first.setdefault(item_id, at) != at:
                raise invalid(
                    f"item_ids[{at}]", f"another item than item_ids[{first[item_id]}]", item_id
                )
        rows = self._catalogue.rows(item_ids)
        return RankQuery(
            viewers=self._viewers(request.viewers),
            recent=self._recent(request.viewers),
            rows=np.sort(rows[rows >= 0]),
            unknown=tuple(item_ids[at] for at in np.flatnonzero(rows < 0)),
            goal=self._goal(request),
        )

    def similar(self, request: pb.SimilarItemsRequest) -> SimilarQuery:
        """The request, checked.

        Raises:
            RequestError: INVALID_ARGUMENT, naming the first field at fault, or NOT_FOUND.
        """
        self._check_k(request.k)
        if not request.item_id:
            raise invalid("item_id", "an item id", "")
        row = int(self._catalogue.rows([request.item_id])[0])
        if row < 0:
            raise RequestError(
                grpc.StatusCode.NOT_FOUND,
                f"item_id: {shown(request.item_id)} is not in the catalogue",
            )
        return SimilarQuery(row, request.k, self._exclude(request.exclude_item_ids))

    def _goal(self, request: pb.RecommendRequest | pb.RankRequest) -> Goal:
        """What was asked for; else a group's mean rating, if ratings are what people give."""
        _check_enum("objective", request.objective, pb.Objective)
        _check_enum("group_strategy", request.group_strategy, pb.GroupStrategy)
        objective, strategy = request.objective, request.group_strategy
        if self._card.rating is None and objective in (pb.RATING, pb.BLEND):
            raise RequestError(
                grpc.StatusCode.FAILED_PRECONDITION,
                f"objective: expected WATCH_NEXT, got {pb.Objective.Name(objective)}: the data has "
                "no ratings, so the model never learned to predict one",
            )
        rated_group = len(request.viewers) > 1 and self._card.rating is not None
        objective = objective or (pb.RATING if rated_group else pb.WATCH_NEXT)
        if objective == pb.WATCH_NEXT and strategy == pb.JOINT:
            raise invalid("group_strategy", "MEAN or LEAST_MISERY with WATCH_NEXT", "JOINT")
        strategy = strategy or (pb.MEAN if objective == pb.WATCH_NEXT else pb.JOINT)
        return Goal(objective, strategy, _rating_weight(request, objective))

    def _reasons(self, request: pb.RecommendRequest) -> int:
        """How many events explain an item; 0 where no explanations are asked for."""
        events = request.explain_events
        if not request.explain:
            if events:
                raise invalid("explain_events", "0 without explain", events)
            return 0
        if not 0 <= events <= EXPLAINED_EVENTS:
            raise invalid("explain_events", f"0 to {EXPLAINED_EVENTS}", events)
        for field, value, most in (
            ("k", request.k, self._limits.max_explained),
            ("viewers", len(request.viewers), self._limits.max_explained_viewers),
        ):
            if value > most:
                raise invalid(field, f"1 to {most} with explain", value)
        return events or REASONS

    def _check_k(self, k: int) -> None:
        if not 1 <= k <= self._limits.max_k:
            raise invalid("k", f"1 to {self._limits.max_k}", k)

    def _exclude(self, item_ids: Sequence[str]) -> np.ndarray:
        """Rows to exclude; ids that the catalogue does not hold exclude nothing."""
        check_item_ids("exclude_item_ids", item_ids, self._limits.max_exclude)
        rows = self._catalogue.rows(item_ids)
        return rows[rows >= 0]

    def _check_viewer_count(self, viewers: Sequence[pb.Viewer]) -> None:
        if not 1 <= len(viewers) <= self._limits.max_viewers:
            raise invalid("viewers", f"1 to {self._limits.max_viewers}", len(viewers))

    def _viewers(self, viewers: Sequence[pb.Viewer]) -> tuple[str | Profile, ...]:
        read = tuple(self._viewer(f"viewers[{at}]", viewer) for at, viewer in enumerate(viewers))
        _check_distinct(read)
        return read

    def _recent(self, viewers: Sequence[pb.Viewer]) -> tuple[Profile, ...]:
        nothing = unknown_profile(self._card)
        return tuple(
            self._history(f"viewers[{at}].recent", viewer.recent, {}) if viewer.recent else nothing
            for at, viewer in enumerate(viewers)
        )

    def _viewer(self, field: str, viewer: pb.Viewer) -> str | Profile:
        who = viewer.WhichOneof("who")
        if who == "anonymous":
            return self._anonymous(f"{field}.anonymous", viewer.anonymous)
        if who is None:
            raise invalid(field, "a user_id or an anonymous viewer", None)
        if not viewer.user_id:
            raise invalid(f"{field}.user_id", "a user id", "")
        return viewer.user_id

    def _anonymous(self, field: str, viewer: pb.AnonymousViewer) -> Profile:
        features = self._features(field, viewer)
        return self._history(f"{field}.events", viewer.events, features)

    def _history(
        self, field: str, events: Sequence[pb.Event], features: dict[str, Feature]
    ) -> Profile:
        if len(events) > self._limits.max_history:
            raise invalid(field, f"at most {self._limits.max_history}", len(events))
        return Profile(
            rows=self._items(field, events),
            ratings=self._ratings(field, events),
            timestamps=_timestamps(field, events),
            features=features,
        )

    def _items(self, field: str, events: Sequence[pb.Event]) -> np.ndarray:
        rows = self._catalogue.known_rows(event.item_id for event in events)
        at = _first(rows < 0)
        if at is not None:
            raise invalid(f"{field}[{at}].item_id", "an item of the catalogue", events[at].item_id)
        return rows

    def _ratings(self, field: str, events: Sequence[pb.Event]) -> np.ndarray:
        given = np.array([event.HasField("rating") for event in events], dtype=bool)
        ratings = np.array([event.rating for event in events], dtype=np.float32)
        expected, wrong = rating_faults(ratings, given, self._card)
        at = _first(wrong)
        if at is not None:
            raise invalid(f"{field}[{at}].rating", expected, float(ratings[at]))
        return np.where(given, ratings, np.float32(np.nan))

    def _features(self, field: str, viewer: pb.AnonymousViewer) -> dict[str, Feature]:
        features = unknown_features(self._card)
        known = self._card.user_features
        for name, value in viewer.features.items():
            if name not in known:
                raise invalid(f"{field}.features", f"the names {sorted(known)}", name)
            if known[name].kind is FeatureKind.NUMERIC:
                features[name] = _number(f"{field}.features[{name!r}]", value)
            elif known[name].kind is FeatureKind.TIMESTAMP:
                features[name] = _seconds(f"{field}.features[{name!r}]", value)
            elif name in features:  # a display feature is no model input
                features[name] = value
        return features


def rating_faults(ratings: np.ndarray, given: np.ndarray, card: Card) -> tuple[str, np.ndarray]:
    """What is expected of ratings `[events]` that are `given`, and which are otherwise."""
    if card.rating is None:
        return "none, for the data has none", given
    low, high = card.rating_range
    in_range = (ratings >= low) & (ratings <= high)  # NaN compares false
    return f"{low} to {high}", given & ~in_range


def _check_distinct(viewers: Sequence[str | Profile]) -> None:
    first: dict[str, int] = {}
    for at, viewer in enumerate(viewers):
        if isinstance(viewer, str) and first.setdefault(viewer, at) != at:
            raise invalid(
                f"viewers[{at}].user_id", f"another user than viewers[{first[viewer]}]", viewer
            )


def _rating_weight(request: pb.RecommendRequest | pb.RankRequest, objective: pb.Objective) -> float:
    if not request.HasField("rating_weight"):
        return RATING_WEIGHT
    weight = request.rating_weight
    if objective != pb.BLEND:
        raise invalid("rating_weight", "none without BLEND", weight)
    if not 0 <= weight <= 1:  # NaN compares false
        raise invalid("rating_weight", "0 to 1", weight)
    return weight


def _check_enum(
    field: str, value: int, enum: type[pb.SeenPolicy | pb.Objective | pb.GroupStrategy]
) -> None:
    if value not in enum.values():  # proto3 lets unknown numbers through
        raise invalid(field, f"one of {enum.keys()}", value)


def _timestamps(field: str, events: Sequence[pb.Event]) -> np.ndarray:
    """Unix seconds `[events]` int64: all known and oldest first, or all 0."""
    timestamps = np.array([event.timestamp for event in events], dtype=np.int64)
    at = _first(timestamps < 0)
    if at is not None:
        raise invalid(f"{field}[{at}].timestamp", "0 or later", int(timestamps[at]))
    if not timestamps.any():
        return timestamps
    at = _first(timestamps == 0)
    if at is not None:
        raise invalid(f"{field}[{at}].timestamp", "one, as other events have one", 0)
    at = _first(np.diff(timestamps) < 0)
    if at is not None:
        raise invalid(
            f"{field}[{at + 1}].timestamp",
            f"events oldest first, so {timestamps[at]} or later",
            int(timestamps[at + 1]),
        )
    return timestamps


def _number(field: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    # Within float32, which is what the models take; NaN compares false.
    if not abs(number) <= float(np.finfo(np.float32).max):
        raise invalid(field, "a finite number", value)
    return number


def _seconds(field: str, value: str) -> int:
    """Unix seconds, as the models take a time."""
    try:
        seconds = int(value)
    except ValueError:
        raise invalid(field, "whole unix seconds", value) from None
    if abs(seconds) > np.iinfo(np.int64).max:
        raise invalid(field, "whole unix seconds", value)
    return seconds


def _first(wrong: np.ndarray) -> int | None:
    """Place of the first True."""
    return int(np.argmax(wrong)) if wrong.any() else None
