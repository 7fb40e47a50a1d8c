"""Events to record, a batch at a time, checked field by field."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from schemas import recommender_pb2 as pb
from schemas.cards import Card
from serving.catalogue import Catalogue
from serving.errors import RequestError, invalid
from serving.event_store.store import Events
from serving.viewer_validation import rating_faults

LONGEST_ID = 256
"""Characters of the ids that a client makes up."""

CLIENT_ID = f"an id of 1 to {LONGEST_ID} characters, without line ends or blanks around it"
"""What such an id must be."""

AHEAD_SECONDS = 86_400
"""How far a client's clock may be ahead; milliseconds taken for seconds are thousands of years."""


@dataclass(frozen=True)
class CheckedEvents:
    """A batch, checked.

    Attributes:
        valid: The events before the first one at fault; all of them if none is.
        fault: INVALID_ARGUMENT that names its field.
    """

    valid: Events
    fault: RequestError | None


@dataclass(frozen=True)
class _Rule:
    """Attributes: field; what was expected; `[events]` bool, which break it; what came."""

    field: str
    expected: str
    broken: np.ndarray
    got: Sequence[object]


class EventValidator:
    """Checks events against the catalogue and the card, which may have changed since they came."""

    def __init__(
        self, card: Card, catalogue: Catalogue, holds: Callable[[Sequence[str]], np.ndarray]
    ) -> None:
        """Takes what it checks against.

        Args:
            card: Of the data.
            catalogue: What can be watched.
            holds: `EventStore.holds`: what is recorded already is at fault in nothing, so that a
                stream can be sent again when an item has left the catalogue.
        """
        self._card, self._catalogue, self._holds = card, catalogue, holds

    def check(self, requests: Sequence[pb.RecordEventsRequest], before: int) -> CheckedEvents:
        """A batch of events.

        Args:
            requests: At least one; a time of 0 becomes that of now.
            before: Events of the call before these, for the number that a fault names.

        Raises:
            StoreUnavailable: The store does not answer.
        """
        now = int(time.time())
        events = _columns(requests, now)
        given = np.array([request.HasField("rating") for request in requests], dtype=bool)
        rules = [
            _id_rule("event_id", events.event_ids),
            _id_rule("user_id", events.user_ids),
            _Rule(
                "item_id",
                "an item of the catalogue",
                self._catalogue.rows(events.item_ids) < 0,
                events.item_ids,
            ),
            _Rule(
                "rating", *rating_faults(events.ratings, given, self._card), events.ratings.tolist()
            ),
            _Rule(
                "timestamp",
                "unix seconds, no more than a day ahead",
                (events.timestamps < 0) | (events.timestamps > now + AHEAD_SECONDS),
                events.timestamps.tolist(),
            ),
        ]
        broken = np.any([rule.broken for rule in rules], axis=0)
        suspects = np.flatnonzero(broken).tolist()
        if suspects:
            broken[suspects] = ~self._known(events.event_ids, suspects)
        if not broken.any():
            return CheckedEvents(events, None)
        at = int(np.argmax(broken))
        rule = next(rule for rule in rules if rule.broken[at])
        field = f"events[{before + at}].{rule.field}"
        return CheckedEvents(_first(events, at), invalid(field, rule.expected, rule.got[at]))

    def _known(self, event_ids: Sequence[str], places: Sequence[int]) -> np.ndarray:
        """`[places]` bool, of which events the id is recorded or came before in the batch."""
        first: dict[str, int] = {}
        for at, event_id in enumerate(event_ids):
            first.setdefault(event_id, at)
        earlier = np.array([first[event_ids[at]] < at for at in places], dtype=bool)
        return earlier | self._holds([event_ids[at] for at in places])


def _columns(requests: Sequence[pb.RecordEventsRequest], now: int) -> Events:
    timestamps = np.array([request.timestamp for request in requests], dtype=np.int64)
    ratings = [request.rating if request.HasField("rating") else np.nan for request in requests]
    return Events(
        event_ids=[request.event_id for request in requests],
        user_ids=[request.user_id for request in requests],
        item_ids=[request.item_id for request in requests],
        ratings=np.array(ratings, dtype=np.float32),
        timestamps=np.where(timestamps == 0, now, timestamps),
    )


def is_client_id(text: str) -> bool:
    """Whether a text is an id, that preparation would read as the same id."""
    return 0 < len(text) <= LONGEST_ID and text == text.strip() and not set(text) & {"\n", "\r"}


def _id_rule(field: str, ids: Sequence[str]) -> _Rule:
    broken = np.array([not is_client_id(each) for each in ids], dtype=bool)
    return _Rule(field, CLIENT_ID, broken, ids)


def _first(events: Events, count: int) -> Events:
    return Events(
        events.event_ids[:count],
        events.user_ids[:count],
        events.item_ids[:count],
        events.ratings[:count],
        events.timestamps[:count],
    )
