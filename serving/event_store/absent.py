"""The store of a server that records nothing, as on a file system that is only read."""

from __future__ import annotations

from collections.abc import Sequence

import grpc
import numpy as np

from serving.errors import RequestError
from serving.event_store.store import NOTHING, Events, RecordedHistory


class AbsentEvents:
    """No event was recorded, and none will be."""

    def append(self, events: Events) -> int:
        """Refuses.

        Raises:
            RequestError: FAILED_PRECONDITION, always.
        """
        raise RequestError(
            grpc.StatusCode.FAILED_PRECONDITION,
            "this server records no events: it was started with serve.profiles = 'none'",
        )

    def holds(self, event_ids: Sequence[str]) -> np.ndarray:
        """None of them."""
        return np.zeros(len(event_ids), dtype=bool)

    def read(self, user_ids: Sequence[str], at_most: int) -> list[RecordedHistory]:
        """Nothing, for each user."""
        return [NOTHING for _ in user_ids]

    def close(self) -> None:
        """Nothing is open."""


NOTHING_RECORDED = AbsentEvents()
