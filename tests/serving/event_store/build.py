"""Events, written down as tuples."""

from __future__ import annotations

from typing import Any

import numpy as np

from serving.event_store.store import Events, EventStore, RecordedHistory

NAN = float("nan")


def events(*rows: tuple[Any, ...]) -> Events:
    """Rows of (event_id, user_id, item_id, rating, timestamp)."""
    event_ids, user_ids, item_ids, ratings, timestamps = (
        zip(*rows, strict=True) if rows else [()] * 5
    )
    return Events(
        event_ids, user_ids, item_ids, np.array(ratings, np.float32), np.array(timestamps, np.int64)
    )


def rows(history: RecordedHistory) -> list[tuple[str, float | None, int]]:
    """(item_id, rating or None, timestamp), oldest first."""
    ratings = [None if np.isnan(rating) else rating for rating in history.ratings.tolist()]
    return list(zip(history.item_ids, ratings, history.timestamps.tolist(), strict=True))


def read(store: EventStore, user_id: str, at_most: int = 1_000) -> list[tuple[str, Any, int]]:
    """What is recorded of a user, as `rows`."""
    (history,) = store.read([user_id], at_most)
    return rows(history)
