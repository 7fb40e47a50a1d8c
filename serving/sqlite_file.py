"""An SQLite file that several processes of one machine write and read.

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
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

BUSY_SECONDS = 5.0
"""How long a writer waits for another process's transaction, which takes milliseconds."""


@dataclass(frozen=True)
class Form:
    """What a file is to hold.

    Attributes:
        name: What errors call it, with its article.
        application_id: What tells our files from others.
        version: And from those of another version.
        schema: Statements that make the tables.
    """

    name: str
    application_id: int
    version: int
    schema: tuple[str, ...]


class SqliteFile:
    """A file of some form; each thread has its own connection."""

    def __init__(self, path: Path, form: Form) -> None:
        """Opens the file, or makes one that none but its owner may read.

        Raises:
            OSError: It cannot be opened or made.
            ValueError: It is something else, or of another version.
        """
        self._path = path
        self._local = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._opening = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with _alone(path.parent):
                _make(path)
                _set_up(self.connection(), path, form)
        except sqlite3.OperationalError as error:
            raise OSError(f"{path}: cannot open {form.name}: {error}") from error
        except sqlite3.DatabaseError as error:
            raise ValueError(f"{path}: expected {form.name}, got {error}") from error

    def connection(self) -> sqlite3.Connection:
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

    def close(self) -> None:
        """Closes the connections of all threads."""
        with self._opening:
            for connection in self._opened:
                connection.close()
            self._opened.clear()


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
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


def _set_up(connection: sqlite3.Connection, path: Path, form: Form) -> None:
    """Makes the tables of a new file, or checks whose they are."""
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if not tables:
        connection.execute("PRAGMA journal_mode = WAL")
        with transaction(connection):
            for statement in (*form.schema, f"PRAGMA application_id = {form.application_id}"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {form.version}")
    found = tuple(
        connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("application_id", "user_version")
    )
    if found != (form.application_id, form.version):
        connection.close()
        raise ValueError(
            f"{path}: expected {form.name} of version {form.version}, got an SQLite file of "
            f"application {found[0]}, version {found[1]}"
        )
