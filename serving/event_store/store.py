"""What every event store offers, and the columns that go in and come out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np


@dataclass(frozen=True)
class Events:
    """Events to record, as columns of one length.

    Attributes:
        event_ids: What makes an event the same one when it is sent again.
        user_ids: Who watched.
        item_ids: What was watched.
        ratings: `[events]` float32; NaN where none was given.
        timestamps: `[events]` int64 unix seconds, UTC; more than 0.
    """

    event_ids: Sequence[str]
    user_ids: Sequence[str]
    item_ids: Sequence[str]
    ratings: np.ndarray
    timestamps: np.ndarray

    def __len__(self) -> int:
        return len(self.event_ids)


@dataclass(frozen=True)
class RecordedHistory:
    """What is recorded of one user: oldest first, events of one second in order of arrival.

    Attributes:
        item_ids: What was watched; an item may be there several times.
        ratings: `[events]` float32; NaN where none was given.
        timestamps: `[events]` int64 unix seconds, UTC.
    """

    item_ids: Sequence[str]
    ratings: np.ndarray
    timestamps: np.ndarray

    def __len__(self) -> int:
        return len(self.item_ids)


NOTHING = RecordedHistory((), np.zeros(0, np.float32), np.zeros(0, np.int64))


class StoreUnavailable(Exception):
    """The store cannot be read or written now, but may be later; the message names no person."""


class EventStore(Protocol):
    """Recorded events; safe to use from several threads, and beside other processes."""

    def append(self, events: Events) -> int:
        """Records events, all of them or none; they are durable once this returns.

        An event whose id is there already, from before or from earlier in the batch, changes
        nothing, whatever else it says.

        Returns:
            How many were not there before.

        Raises:
            StoreUnavailable: Nothing is promised of these events; to send them again is safe.
            RequestError: FAILED_PRECONDITION, the store never takes events.
        """

    def holds(self, event_ids: Sequence[str]) -> np.ndarray:
        """`[events]` bool, which events were recorded before.

        Raises:
            StoreUnavailable: The store does not answer.
        """

    def read(self, user_ids: Sequence[str], at_most: int) -> list[RecordedHistory]:
        """The newest `at_most` events of each user, among them all whose append has returned.

        Raises:
            StoreUnavailable: The store does not answer.
        """

    def close(self) -> None:
        """Frees what is open; the store is not used afterwards."""
