"""Recorded events in an SQLite file, for the workers of one machine."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from serving.event_store.store import NOTHING, Events, RecordedHistory, StoreUnavailable
from serving.sqlite_file import Form, SqliteFile, transaction

APPLICATION_ID = 0x4D41544E
FORM = Form(
    name="an event store",
    application_id=APPLICATION_ID,
    version=1,
    schema=(
        """
CREATE TABLE events (
  arrival INTEGER PRIMARY KEY,
  event_id TEXT NOT NULL UNIQUE,
  user_id TEXT NOT NULL,
  item_id TEXT NOT NULL,
  rating REAL,
  timestamp INTEGER NOT NULL
)
""",
        "CREATE INDEX history ON events (user_id, timestamp, arrival)",
    ),
)

APPEND = """
INSERT INTO events (event_id, user_id, item_id, rating, timestamp) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (event_id) DO NOTHING
"""

HOLDS = "SELECT EXISTS (SELECT 1 FROM events WHERE event_id = ?)"

READ = """
SELECT item_id, rating, timestamp FROM events WHERE user_id = ?
ORDER BY timestamp DESC, arrival DESC LIMIT ?
"""


class SqliteEvents:
    """An event store in a file; each thread has its own connection."""

    def __init__(self, path: Path) -> None:
        """Opens the file, or makes one that none but its owner may read.

        Raises:
            OSError: It cannot be opened or made.
            ValueError: It is no event store, or one of another version.
        """
        self._file = SqliteFile(path, FORM)

    def append(self, events: Events) -> int:
        """As `EventStore.append`, in one transaction."""
        rows = zip(
            events.event_ids,
            events.user_ids,
            events.item_ids,
            events.ratings.tolist(),  # SQLite takes NaN for NULL
            events.timestamps.tolist(),
            strict=True,
        )
        with self._answering(), transaction(self._file.connection()) as connection:
            before = connection.total_changes
            connection.executemany(APPEND, rows)
            return connection.total_changes - before

    def holds(self, event_ids: Sequence[str]) -> np.ndarray:
        """As `EventStore.holds`, by the index that keeps ids apart."""
        with self._answering():
            connection = self._file.connection()
            found = [connection.execute(HOLDS, (event_id,)).fetchone() for event_id in event_ids]
        return np.array(found, dtype=bool).reshape(len(event_ids))

    def read(self, user_ids: Sequence[str], at_most: int) -> list[RecordedHistory]:
        """As `EventStore.read`, by the index on users."""
        with self._answering():
            connection = self._file.connection()
            return [
                _history(connection.execute(READ, (user_id, at_most)).fetchall())
                for user_id in user_ids
            ]

    def close(self) -> None:
        """Closes the connections of all threads."""
        self._file.close()

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise StoreUnavailable(f"the event store does not answer: {error}") from error


def _history(newest_first: list[tuple[str, float | None, int]]) -> RecordedHistory:
    """Rows of `READ` as columns, oldest first."""
    if not newest_first:
        return NOTHING
    item_ids, ratings, timestamps = zip(*reversed(newest_first), strict=True)
    return RecordedHistory(
        item_ids,
        np.array(ratings, dtype=np.float32),  # NULL becomes NaN
        np.array(timestamps, dtype=np.int64),
    )
