"""The log of catalogue changes in an SQLite file, for the workers of one machine."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from serving.catalogue_log.log import Change, Edit
from serving.event_store.store import StoreUnavailable
from serving.sqlite_file import Form, SqliteFile, transaction

FORM = Form(
    name="a log of catalogue changes",
    application_id=0x4D41544C,
    version=1,
    schema=(
        # Of each item the newest change alone, so that the file grows with the items and not with
        # their changes.
        """
CREATE TABLE items (
  place INTEGER PRIMARY KEY AUTOINCREMENT,
  item_id TEXT NOT NULL UNIQUE,
  number INTEGER NOT NULL,
  deleted INTEGER NOT NULL,
  features TEXT
)
""",
        "CREATE UNIQUE INDEX newest ON items (number)",
        "CREATE TABLE log (identity TEXT NOT NULL, number INTEGER NOT NULL)",
        # Read by whoever merges changes: numbers of another log say nothing here.
        "INSERT INTO log VALUES (lower(hex(randomblob(16))), 0)",
    ),
)

UPSERT = """
INSERT INTO items (item_id, number, deleted, features) VALUES (?, ?, 0, ?)
ON CONFLICT (item_id) DO UPDATE
SET number = excluded.number, deleted = 0, features = excluded.features
"""
DELETE = """
INSERT INTO items (item_id, number, deleted) VALUES (?, ?, 1)
ON CONFLICT (item_id) DO UPDATE SET number = excluded.number, deleted = 1
"""
SINCE = """
SELECT number, place, item_id, deleted, features FROM items WHERE number > ? ORDER BY place
"""


class SqliteLog:
    """A log in a file, which is made when something is first written."""

    def __init__(self, path: Path) -> None:
        """Opens the file if there is one.

        Raises:
            OSError: It cannot be opened.
            ValueError: It is no log, or one of another version.
        """
        self._path = path
        self._opening = threading.Lock()
        self._file = SqliteFile(path, FORM) if path.exists() else None

    def identity(self) -> str:
        """As `CatalogueLog.identity`."""
        found = self._one("SELECT identity FROM log")
        return "" if found is None else str(found)

    def last(self) -> int:
        """As `CatalogueLog.last`."""
        found = self._one("SELECT number FROM log")
        return 0 if found is None else int(found)

    def since(self, number: int) -> list[Change]:
        """As `CatalogueLog.since`, by the index on numbers."""
        with self._answering():
            file = self._there()
            rows = [] if file is None else file.connection().execute(SINCE, (number,)).fetchall()
        return [
            Change(at, place, item_id, bool(deleted), json.loads(features) if features else None)
            for at, place, item_id, deleted, features in rows
        ]

    def write(self, edits: Sequence[Edit]) -> int:
        """As `CatalogueLog.write`, in one transaction."""
        with self._answering(), transaction(self._made().connection()) as connection:
            (last,) = connection.execute("SELECT number FROM log").fetchone()
            for number, edit in enumerate(edits, last + 1):
                if edit.features is None:
                    connection.execute(DELETE, (edit.item_id, number))
                else:
                    features = json.dumps(edit.features, sort_keys=True)
                    connection.execute(UPSERT, (edit.item_id, number, features))
            connection.execute("UPDATE log SET number = ?", (last + len(edits),))
        return int(last) + 1

    def close(self) -> None:
        """Closes the connections of all threads."""
        if self._file is not None:
            self._file.close()

    def _one(self, query: str) -> Any:
        """The only value; None where there is no file."""
        with self._answering():
            file = self._there()
            return None if file is None else file.connection().execute(query).fetchone()[0]

    def _there(self) -> SqliteFile | None:
        """The file, once this or another process has made it."""
        return self._made() if self._file is not None or self._path.exists() else None

    def _made(self) -> SqliteFile:
        with self._opening:
            if self._file is None:
                self._file = SqliteFile(self._path, FORM)
            return self._file

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.OperationalError, OSError) as error:
            raise StoreUnavailable(f"the log of the catalogue does not answer: {error}") from error
