import sqlite3
import stat

import pytest

from serving import sqlite_file
from serving.event_store import sqlite
from serving.event_store.sqlite import APPLICATION_ID, SqliteEvents
from serving.event_store.store import StoreUnavailable
from tests.serving.event_store.build import NAN, events, read

EVENT = ("e", "u", "a", NAN, 1)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "events.sqlite"


def test_only_the_owner_may_read_the_file(path):
    store = SqliteEvents(path)
    store.append(events(EVENT))
    for file in (path, path.with_name("events.sqlite-wal")):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_each_commit_is_synced_and_readers_do_not_wait(path):
    store = SqliteEvents(path)
    connection = store._file.connection()
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_history_is_found_by_an_index(path):
    (plan,) = (
        SqliteEvents(path)._file.connection().execute(f"EXPLAIN QUERY PLAN {sqlite.READ}", ("u", 3))
    )
    assert "USING INDEX history (user_id=?)" in plan[3]


def test_a_file_that_is_no_database(path):
    path.write_text("what people watched\n" * 100)
    with pytest.raises(
        ValueError, match=r"events\.sqlite: expected an event store, got file is not"
    ):
        SqliteEvents(path)


def test_the_database_of_another_program(path):
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE other (a)")
    with pytest.raises(
        ValueError, match="of version 1, got an SQLite file of application 0, version 0"
    ):
        SqliteEvents(path)
    # It is as it was.
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_a_file_of_another_version(path):
    SqliteEvents(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 2")
    with pytest.raises(ValueError, match=f"of application {APPLICATION_ID}, version 2"):
        SqliteEvents(path)


def test_a_directory_that_cannot_be(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        SqliteEvents(tmp_path / "file" / "events.sqlite")


def test_a_writer_that_never_ends_is_not_waited_for_without_end(path, monkeypatch):
    monkeypatch.setattr(sqlite_file, "BUSY_SECONDS", 0.1)
    store = SqliteEvents(path)
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="does not answer: database is locked"):
            store.append(events(EVENT))
        assert read(store, "u") == []  # readers do not wait
        other.execute("ROLLBACK")
    assert store.append(events(EVENT)) == 1


def test_a_full_disk_takes_a_batch_whole_or_not_at_all(path):
    store = SqliteEvents(path)
    store.append(events(EVENT))
    # SQLite's own limit gives the error of a full disk.
    (pages,) = store._file.connection().execute("PRAGMA page_count").fetchone()
    store._file.connection().execute(f"PRAGMA max_page_count = {pages + 2}")
    many = events(*((f"e{n}", "u", "x" * 200, NAN, 1) for n in range(500)))
    with pytest.raises(StoreUnavailable, match="database or disk is full"):
        store.append(many)
    assert read(store, "u") == [("a", None, 1)]
    store._file.connection().execute("PRAGMA max_page_count = 1000000")
    assert store.append(many) == 500
