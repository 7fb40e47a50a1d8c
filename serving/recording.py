"""Recording the events of a call, a batch at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from schemas import recommender_pb2 as pb
from serving.errors import RequestError
from serving.event_store.store import EventStore
from serving.event_validation import EventValidator


@dataclass(frozen=True)
class Tally:
    """What became of the events of a call so far; all of them are durable.

    Attributes:
        recorded: New ones.
        known: Those whose id was there before.
    """

    recorded: int = 0
    known: int = 0

    @property
    def events(self) -> int:
        """All of them."""
        return self.recorded + self.known


@dataclass(frozen=True)
class Recording:
    """Checks events and puts them in the store.

    Attributes:
        validator: Checks them.
        store: Keeps them.
    """

    validator: EventValidator
    store: EventStore

    def record(self, requests: Sequence[pb.RecordEventsRequest], so_far: Tally) -> Tally:
        """Records a batch up to the first event at fault.

        Args:
            requests: At least one.
            so_far: Of the batches of the call before it.

        Returns:
            The same with this batch.

        Raises:
            RequestError: An event is at fault; those before it are recorded, and the message says
                how many these are.
            StoreUnavailable: The store cannot take them.
        """
        checked = self.validator.check(requests, so_far.events)
        new = self.store.append(checked.valid)
        tally = Tally(so_far.recorded + new, so_far.known + len(checked.valid) - new)
        if checked.fault is not None:
            raise RequestError(
                checked.fault.code,
                f"{checked.fault}; the {tally.events} events before it are recorded",
            )
        return tally
