"""Stores of both kinds, and the Redis that one of them needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from serving.event_store.choose import open_store
from serving.event_store.store import EventStore
from tests.redis_server import DURABLE, RedisServer, needs_redis

KINDS = ["sqlite", pytest.param("redis", marks=needs_redis)]


@pytest.fixture(scope="package")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A durable one; what tests leave there is cleared by `address`."""
    server = RedisServer(tmp_path_factory.mktemp("redis"), *DURABLE)
    server.start()
    yield server
    server.kill()


@pytest.fixture(params=KINDS)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """What `serve.profiles` says of an empty store."""
    if request.param == "sqlite":
        return f"sqlite:{tmp_path / 'state' / 'events.sqlite'}"
    return emptied(request.getfixturevalue("redis_server"))


def emptied(server: RedisServer) -> str:
    """Its address, with nothing in it."""
    import redis

    with redis.Redis.from_url(server.url) as client:
        client.flushall()
    return server.url


@pytest.fixture
def connect(address: str, tmp_path: Path) -> Iterator[Callable[[], EventStore]]:
    """Function: opens the store once more, as another process would."""
    opened = []

    def open_again() -> EventStore:
        opened.append(open_store(address, tmp_path))
        return opened[-1]

    yield open_again
    for store in opened:
        store.close()


@pytest.fixture
def store(connect: Callable[[], EventStore]) -> EventStore:
    return connect()
