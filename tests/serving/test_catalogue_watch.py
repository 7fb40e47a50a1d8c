import logging
import threading

import pytest

from serving.catalogue_watch import watching
from serving.event_store.store import StoreUnavailable


def test_it_looks_again_and_again_and_ends():
    looked = threading.Semaphore(0)
    with watching(looked.release, seconds=0.01):
        for _ in range(3):
            assert looked.acquire(timeout=10)
    assert "catalogue" not in [thread.name for thread in threading.enumerate()]


def test_where_it_cannot_it_says_so_once_and_goes_on(caplog):
    calls, done = [], threading.Event()

    def refresh():
        calls.append(None)
        if len(calls) <= 3:
            raise StoreUnavailable("locked")
        if len(calls) > 5:
            done.set()

    with caplog.at_level(logging.WARNING), watching(refresh, seconds=0.01):
        assert done.wait(10)
    assert caplog.messages == [
        "changes of the catalogue are not seen: locked",
        "changes of the catalogue are seen again",
    ]


def test_whatever_happens_it_looks_again(caplog):
    calls, done = [], threading.Event()

    def refresh():
        calls.append(None)
        if len(calls) == 1:
            raise KeyError("of somebody's item")
        done.set()

    with caplog.at_level(logging.WARNING), watching(refresh, seconds=0.01):
        assert done.wait(10)
    assert caplog.messages[0] == "changes of the catalogue are not seen: KeyError"
    assert "somebody" not in caplog.text


def test_it_ends_when_the_block_fails():
    with pytest.raises(RuntimeError), watching(lambda: None, seconds=0.01):
        raise RuntimeError
    assert "catalogue" not in [thread.name for thread in threading.enumerate()]
