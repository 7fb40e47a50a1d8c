"""Recorded events in an SQLite file, for the workers of one machine.

The file is in WAL mode, which lets readers and one writer work at once, and each commit is synced
to disk (`synchronous = FULL`; the usual NORMAL loses the newest commits when the machine goes down,
see sqlite.org/pragma.html#pragma_synchronous). WAL needs memory that all processes share, so the
file may not lie on a network file system.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from serving.event_store.store import NOTHING, Events, RecordedHistory, StoreUnavailable

BUSY_SECONDS = 5.0
"""How long a writer waits for another process's transaction, which takes milliseconds."""

APPLICATION_ID, SCHEMA_VERSION = 0x4D41544E, 1
"""What tells our files from others, and from those of another version."""

SCHEMA = (
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
)

APPEND = """
INSERT INTO events (event_id, user_id, item_id, rating, timestamp) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (event_id) DO NOTHING
"""

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
        self._path = path
        self._local = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._opening = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with _alone(path.parent):
                _make(path)
                _set_up(self._connection(), path)
        except sqlite3.OperationalError as error:
            raise OSError(f"{path}: cannot open the recorded events: {error}") from error
        except sqlite3.DatabaseError as error:
            raise ValueError(f"{path}: expected an event store, got {error}") from error

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
        with self._answering(), _transaction(self._connection()) as connection:
            before = connection.total_changes
            connection.executemany(APPEND, rows)
            return connection.total_changes - before

    def read(self, user_ids: Sequence[str], at_most: int) -> list[RecordedHistory]:
        """As `EventStore.read`, by the index on users."""
        with self._answering():
            connection = self._connection()
            return [
                _history(connection.execute(READ, (user_id, at_most)).fetchall())
                for user_id in user_ids
            ]

    def close(self) -> None:
        """Closes the connections of all threads."""
        with self._opening:
            for connection in self._opened:
                connection.close()
            self._opened.clear()

    def _connection(self) -> sqlite3.Connection:
        """This thread's."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            # Transactions are ours to begin; another thread may close the connection.
            connection = sqlite3.connect(
                self._path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            connection.execute("PRAGMA synchronous = FULL")
            with self._opening:
                self._opened.append(connection)
            self._local.connection = connection
        return connection

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise StoreUnavailable(f"the event store does not answer: {error}") from error


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Writes all or nothing; waits for other writers when it begins, and never later."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite ends it by itself where the disk is full
            connection.execute("ROLLBACK")
        raise


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """While this process sets a file up: two that change to WAL at once can lock each other out."""
    held = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def _make(path: Path) -> None:
    """An empty file that none but its owner may read, unless there is one.

    One that is there is not even opened: to close it would free the locks that SQLite holds for
    this process (sqlite.org/howtocorrupt.html, section 2.2).
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _set_up(connection: sqlite3.Connection, path: Path) -> None:
    """Makes the tables of a new file, or checks whose they are."""
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if not tables:
        connection.execute("PRAGMA journal_mode = WAL")
        with _transaction(connection):
            for statement in (*SCHEMA, f"PRAGMA application_id = {APPLICATION_ID}"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    found = tuple(
        connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("application_id", "user_version")
    )
    if found != (APPLICATION_ID, SCHEMA_VERSION):
        connection.close()
        raise ValueError(
            f"{path}: expected an event store of version {SCHEMA_VERSION}, got an SQLite file of "
            f"application {found[0]}, version {found[1]}"
        )


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
