import sqlite3
import stat
import subprocess
import sys

import pytest

from schemas.artifacts import ROOT
from serving import sqlite_file
from serving.catalogue_log.log import Change, Edit
from serving.catalogue_log.sqlite import SqliteLog
from serving.event_store.store import StoreUnavailable

FILM = {"title": "Ça", "genres": ["Drama", "War"], "year": 1990.5, "shot": 12}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "catalogue.sqlite"


def test_no_file_is_made_before_something_is_written(path):
    log = SqliteLog(path)
    assert (log.identity(), log.last(), log.since(0)) == ("", 0, [])
    assert not path.parent.exists()
    log.write([Edit("a", FILM)])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_changes_come_back_by_place_with_the_newest_of_each_item(path):
    log = SqliteLog(path)
    assert log.write([Edit("b", FILM), Edit("a", {}), Edit("c", None)]) == 1
    # b is deleted, which keeps what was known of it; a is another by now; d is new.
    assert log.write([Edit("b", None), Edit("d", {"title": "D"}), Edit("a", {"title": "A"})]) == 4
    assert log.last() == 6
    b = Change(4, 1, "b", True, FILM)
    a = Change(6, 2, "a", False, {"title": "A"})
    c = Change(3, 3, "c", True, None)
    d = Change(5, 5, "d", False, {"title": "D"})
    assert log.since(0) == [b, a, c, d]
    assert log.since(4) == [a, d]
    assert log.since(6) == []


def test_a_deleted_item_that_comes_again_keeps_its_place(path):
    log = SqliteLog(path)
    log.write([Edit("a", FILM), Edit("b", FILM)])
    log.write([Edit("a", None)])
    log.write([Edit("a", {"title": "again"})])
    assert log.since(0)[0] == Change(4, 1, "a", False, {"title": "again"})


def test_another_process_reads_what_was_written(path):
    reader = SqliteLog(path)
    script = (
        "import sys; from pathlib import Path; from serving.catalogue_log.log import Edit; "
        "from serving.catalogue_log.sqlite import SqliteLog; "
        "SqliteLog(Path(sys.argv[1])).write([Edit('a', {'title': 'x'})])"
    )
    subprocess.run([sys.executable, "-c", script, str(path)], cwd=ROOT, check=True, timeout=120)
    assert reader.since(0) == [Change(1, 1, "a", False, {"title": "x"})]
    assert len(reader.identity()) == 32
    assert reader.identity() == SqliteLog(path).identity()


def test_two_logs_have_two_identities(tmp_path):
    logs = [SqliteLog(tmp_path / name) for name in "ab"]
    for log in logs:
        log.write([Edit("a", None)])
    assert logs[0].identity() != logs[1].identity()


def test_each_commit_is_synced(path):
    log = SqliteLog(path)
    log.write([Edit("a", None)])
    connection = log._file.connection()
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_locked_log_says_so_and_can_be_read(path, monkeypatch):
    monkeypatch.setattr(sqlite_file, "BUSY_SECONDS", 0.1)
    log = SqliteLog(path)
    log.write([Edit("a", None)])
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(
            StoreUnavailable, match="log of the catalogue does not answer: database"
        ):
            log.write([Edit("b", None)])
        assert log.last() == 1
        other.execute("ROLLBACK")
    assert log.write([Edit("b", None)]) == 2


def test_a_call_is_written_whole_or_not_at_all(path):
    log = SqliteLog(path)
    log.write([Edit("a", None)])
    connection = log._file.connection()
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages + 2}")  # the error of a full disk
    with pytest.raises(StoreUnavailable, match="full"):
        log.write([Edit(f"i{n}", {"title": "x" * 500}) for n in range(200)])
    assert (log.last(), len(log.since(0))) == (1, 1)


def test_a_file_of_something_else_is_refused(path):
    path.parent.mkdir()
    path.write_text("no database\n" * 100)
    with pytest.raises(ValueError, match="expected a log of catalogue changes, got file is not"):
        SqliteLog(path)


def test_a_place_that_cannot_be_written_is_unavailable(tmp_path):
    (tmp_path / "file").touch()
    log = SqliteLog(tmp_path / "file" / "catalogue.sqlite")
    with pytest.raises(StoreUnavailable, match="does not answer"):
        log.write([Edit("a", None)])
