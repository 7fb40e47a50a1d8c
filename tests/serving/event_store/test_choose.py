import sys

import pytest

from serving.event_store.absent import AbsentEvents
from serving.event_store.choose import open_store
from serving.event_store.sqlite import SqliteEvents


@pytest.mark.parametrize(
    ("profiles", "file"),
    [("sqlite:", "run/state/events.sqlite"), ("sqlite:other/name.db", "other/name.db")],
)
def test_a_file(tmp_path, monkeypatch, profiles, file):
    monkeypatch.chdir(tmp_path)
    store = open_store(profiles, tmp_path / "run")
    assert isinstance(store, SqliteEvents)
    assert (tmp_path / file).is_file()


def test_nowhere(tmp_path):
    assert isinstance(open_store("none", tmp_path), AbsentEvents)
    assert list(tmp_path.iterdir()) == []


def test_redis_without_its_client(tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "serving.event_store.redis", raising=False)
    monkeypatch.setitem(sys.modules, "redis", None)  # as if it were not installed
    with pytest.raises(ImportError, match=r"pip install 'matinee\[redis\]'"):
        open_store("redis://127.0.0.1:6379/0", tmp_path)
