"""The viewers of a request: who they are, what they did, what is known of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from schemas import recommender_pb2 as pb
from schemas.cards import Card, FeatureKind
from schemas.config import ServeConfig
from serving.catalogue import Catalogue
from serving.errors import invalid
from serving.numbers_in_text import read_float32
from serving.profiles import Feature, Profile, unknown_features, unknown_profile


class ViewerValidator:
    """Checks viewers against the catalogue, the card and the server's limits."""

    def __init__(self, card: Card, catalogue: Catalogue, limits: ServeConfig) -> None:
        self._card = card
        self._catalogue = catalogue
        self._limits = limits

    def viewers(self, viewers: Sequence[pb.Viewer]) -> tuple[str | Profile, ...]:
        """At least one, each a user id to look up or a profile from the request.

        Raises:
            RequestError: INVALID_ARGUMENT, naming the first field at fault.
        """
        if not 1 <= len(viewers) <= self._limits.max_viewers:
            raise invalid("viewers", f"1 to {self._limits.max_viewers}", len(viewers))
        read = tuple(self._viewer(f"viewers[{at}]", viewer) for at, viewer in enumerate(viewers))
        _check_distinct(read)
        return read

    def recent(self, viewers: Sequence[pb.Viewer]) -> tuple[Profile, ...]:
        """For each viewer what they did that is not recorded; its features do not count.

        Raises:
            RequestError: As `viewers`.
        """
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
                features[name] = read_float32(f"{field}.features[{name!r}]", value)
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
