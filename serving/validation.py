"""Requests, checked field by field and turned into what the request path works on.

Nothing behind this module sees a protobuf request, and nothing before it decides anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import grpc
import numpy as np

from schemas import recommender_pb2 as pb
from schemas.cards import Card
from schemas.columns import EXPLAINED_EVENTS
from schemas.config import ServeConfig
from serving.catalogue import Catalogue
from serving.errors import RequestError, invalid, shown
from serving.filters import Filters, check_item_ids, read_filters
from serving.goal import RATING_WEIGHT, Goal
from serving.profiles import Profile
from serving.spread import Spread, read_spread
from serving.viewer_validation import ViewerValidator

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
        self._viewers = ViewerValidator(card, catalogue, limits)

    def recommend(self, request: pb.RecommendRequest) -> Query:
        """The request, checked.

        Raises:
            RequestError: INVALID_ARGUMENT, naming the first field at fault, or FAILED_PRECONDITION
                for predicted ratings where the data has none.
        """
        viewers = self._viewers.viewers(request.viewers)
        self._check_k(request.k)
        _check_enum("seen_policy", request.seen_policy, pb.SeenPolicy)
        check_item_ids("allow_item_ids", request.allow_item_ids, self._limits.max_allow)
        return Query(
            viewers=viewers,
            recent=self._viewers.recent(request.viewers),
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
        viewers = self._viewers.viewers(request.viewers)
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
            viewers=viewers,
            recent=self._viewers.recent(request.viewers),
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
        """What was asked for; else what the viewers would watch next."""
        _check_enum("objective", request.objective, pb.Objective)
        _check_enum("group_strategy", request.group_strategy, pb.GroupStrategy)
        objective, strategy = request.objective, request.group_strategy
        if self._card.rating is None and objective in (pb.RATING, pb.BLEND):
            raise RequestError(
                grpc.StatusCode.FAILED_PRECONDITION,
                f"objective: expected WATCH_NEXT, got {pb.Objective.Name(objective)}: the data has "
                "no ratings, so the model never learned to predict one",
            )
        objective = objective or pb.WATCH_NEXT
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
