"""Users as they are now: their prepared history and what was recorded since."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from schemas.cards import Card
from serving.catalogue import Catalogue
from serving.event_store.store import EventStore, RecordedHistory
from serving.profiles import Profile, Profiles, unknown_profile


class LiveProfiles:
    """The users of the prepared data and those who were first heard of since.

    What is recorded is read anew for every request, so it is in the history of the next one,
    whichever process recorded it.
    """

    def __init__(
        self,
        prepared: Profiles,
        store: EventStore,
        card: Card,
        catalogue: Catalogue,
        max_recorded: int,
    ) -> None:
        """Takes the parts.

        Args:
            prepared: The users of the prepared data.
            store: What was recorded since.
            card: The dataset's features, and whether it has times.
            catalogue: What is recorded of other items is left out.
            max_recorded: Newest recorded events of a user that are read.
        """
        self._prepared = prepared
        self._store = store
        self._nobody = unknown_profile(card)
        self._timed = bool(card.events.timestamp)
        self._catalogue = catalogue
        self._max_recorded = max_recorded

    def get(self, user_ids: Sequence[str]) -> list[Profile | None]:
        """The profile of each user; None for one of whom nothing is known or recorded.

        Raises:
            StoreUnavailable: The store does not answer.
        """
        if not user_ids:
            return []
        recorded = self._store.read(user_ids, self._max_recorded)
        return [
            self._profile(self._prepared.get(user_id), history)
            for user_id, history in zip(user_ids, recorded, strict=True)
        ]

    def _profile(self, prepared: Profile | None, recorded: RecordedHistory) -> Profile | None:
        if not len(recorded):
            return prepared
        return self._followed(prepared or self._nobody, recorded)

    def _followed(self, before: Profile, recorded: RecordedHistory) -> Profile:
        """Both histories as one: in order of time, of each item the newest event."""
        rows = self._catalogue.known_rows(recorded.item_ids)
        known = rows >= 0
        rows = np.concatenate([before.rows, rows[known]]).astype(np.int64)
        timestamps = np.concatenate([before.timestamps, recorded.timestamps[known]])
        # Stable: of one second, prepared events come first, and recorded ones as they arrived.
        order = np.argsort(timestamps, kind="stable")
        kept = order[_last_of_each(rows[order])]
        return dataclasses.replace(
            before,
            rows=rows[kept],
            ratings=np.concatenate([before.ratings, recorded.ratings[known]])[kept],
            # Models that were trained without times shall not meet any.
            timestamps=timestamps[kept] if self._timed else np.zeros(len(kept), np.int64),
        )


def _last_of_each(values: np.ndarray) -> np.ndarray:
    """Where each distinct value stands last, `[distinct values]` int64, ascending."""
    _, from_end = np.unique(values[::-1], return_index=True)
    return np.sort(len(values) - 1 - from_end)
