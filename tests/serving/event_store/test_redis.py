import logging
import signal

import pytest

from serving.event_store.choose import open_store
from serving.event_store.store import StoreUnavailable
from tests.redis_server import DURABLE, RedisServer, needs_redis
from tests.serving.event_store.build import NAN, events, read
from tests.serving.event_store.conftest import emptied

pytestmark = needs_redis

FIRST, SECOND = ("e1", "u", "a", NAN, 1), ("e2", "u", "b", 3.0, 2)


@pytest.fixture
def own_redis(tmp_path):
    """A server to stop."""
    server = RedisServer(tmp_path, *DURABLE)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def started(tmp_path):
    """Function: a server with options."""
    running = []

    def start(*options):
        running.append(RedisServer(tmp_path, *options))
        running[-1].start()
        return running[-1]

    yield start
    for server in running:
        server.kill()


def open_redis(server, tmp_path):
    return open_store(server.url, tmp_path)


@pytest.mark.parametrize("end", [RedisServer.stop, RedisServer.kill])
def test_redis_goes_and_comes_back(own_redis, tmp_path, end):
    store = open_redis(own_redis, tmp_path)
    store.append(events(FIRST))
    end(own_redis)
    refused = f"does not answer: Redis at 127.0.0.1:{own_redis.port}: "
    with pytest.raises(StoreUnavailable, match=refused):
        store.append(events(SECOND))
    with pytest.raises(StoreUnavailable, match=refused):
        store.read(["u"], 10)
    own_redis.start()
    assert read(store, "u") == [("a", None, 1)]
    assert store.append(events(FIRST, SECOND)) == 1
    assert read(store, "u") == [("a", None, 1), ("b", 3.0, 2)]


def test_a_redis_that_hangs_is_not_waited_for_without_end(own_redis, tmp_path, monkeypatch):
    monkeypatch.setattr("serving.event_store.redis.ANSWER_SECONDS", 0.2)
    store = open_redis(own_redis, tmp_path)
    own_redis.process.send_signal(signal.SIGSTOP)
    try:
        with pytest.raises(StoreUnavailable, match="Timeout reading from"):
            store.append(events(FIRST))
    finally:
        own_redis.process.send_signal(signal.SIGCONT)
    # It did what it was asked before it hung, or it did not: sent again, the event is there once.
    store.append(events(FIRST))
    assert read(store, "u") == [("a", None, 1)]


def test_nobody_there(own_redis, tmp_path):
    own_redis.stop()
    with pytest.raises(OSError, match=f"Redis at 127.0.0.1:{own_redis.port}"):
        open_redis(own_redis, tmp_path)
    own_redis.start()


def test_a_redis_that_keeps_nothing(started, tmp_path):
    with pytest.raises(ValueError, match=r"expected appendonly yes, .* got no"):
        open_redis(started("--appendonly", "no"), tmp_path)


def test_a_redis_that_may_forget_a_second(started, tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        open_redis(started("--appendonly", "yes", "--appendfsync", "everysec"), tmp_path)
    assert "expected appendfsync always, got everysec" in caplog.text


def test_a_durable_redis_is_no_reason_to_warn(redis_server, tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        open_redis(redis_server, tmp_path)
    assert caplog.text == ""


def test_a_wrong_password_is_not_told(started, tmp_path):
    server = started(*DURABLE, "--requirepass", "right")
    with pytest.raises(OSError, match="invalid username-password pair") as caught:
        open_store(f"redis://:not-this-one@127.0.0.1:{server.port}/0", tmp_path)
    assert "not-this-one" not in str(caught.value)
    store = open_store(f"redis://:right@127.0.0.1:{server.port}/0", tmp_path)
    assert store.append(events(FIRST)) == 1


def test_a_full_redis_takes_nothing_until_there_is_room(own_redis, tmp_path):
    import redis

    store = open_redis(own_redis, tmp_path)
    with redis.Redis.from_url(own_redis.url) as client:
        client.config_set("maxmemory", 1)
        with pytest.raises(StoreUnavailable, match="maxmemory"):
            store.append(events(FIRST))
        assert read(store, "u") == []
        client.config_set("maxmemory", 0)
    assert store.append(events(FIRST)) == 1


def test_a_redis_that_may_forget_what_it_has_is_refused(started, tmp_path):
    server = started(*DURABLE, "--maxmemory-policy", "allkeys-lru")
    with pytest.raises(ValueError, match=r"maxmemory-policy noeviction, .*, got allkeys-lru"):
        open_redis(server, tmp_path)


def test_an_event_is_not_noted_before_it_is_kept(redis_server, tmp_path):
    import redis

    emptied(redis_server)
    store = open_redis(redis_server, tmp_path)
    with redis.Redis.from_url(redis_server.url) as client:
        # The script fails in its second event, after it has written the first.
        client.set("matinee:history:v", "something else")
        with pytest.raises(StoreUnavailable, match="WRONGTYPE"):
            store.append(events(FIRST, ("e3", "v", "c", NAN, 3)))
        client.delete("matinee:history:v")
    assert store.append(events(FIRST, ("e3", "v", "c", NAN, 3))) == 1
    assert read(store, "v") == [("c", None, 3)]
