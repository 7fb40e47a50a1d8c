"""A Redis that goes away under a server, and what a client sees until it is back."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.own_server import server
from benchmarks.redis_server import DURABLE, RedisServer
from schemas import recommender_pb2 as pb
from serving.client import Client, ClientError

CALLS = 5
"""Made while Redis is away, of each kind."""

BACK_SECONDS = 10.0
"""How long a server may take to notice that Redis is back."""

AFTER_FAILURE_SECONDS = 0.02


@dataclass(frozen=True)
class Away:
    """What a client saw.

    Attributes:
        codes: gRPC statuses while Redis was away.
        longest_ms: The longest of those calls.
        back_ms: From Redis' first answer until the server's.
        lost: Events that had been acknowledged and were not there afterwards.
    """

    codes: frozenset[str]
    longest_ms: float
    back_ms: float
    lost: int


def redis_away(run: Path, directory: Path, end: Callable[[RedisServer], None]) -> Away:
    """Ends a Redis under a server and starts it again.

    Args:
        run: A finished run.
        directory: For what Redis keeps; empty.
        end: `RedisServer.stop` or `RedisServer.kill`.

    Raises:
        RuntimeError: The server did not work again.
    """
    redis = RedisServer(directory, *DURABLE)
    redis.start()
    try:
        with server(run, "--profiles", redis.url) as (_, target), Client(target, 60) as client:
            popular = client.recommend(["somebody"], k=1)
            item_id = popular.recommendations[0].item.item_id
            events = [
                pb.RecordEventsRequest(event_id=f"e{n}", user_id="somebody", item_id=item_id)
                for n in range(1_000)
            ]
            client.record_events(events)
            end(redis)
            codes, longest_ms = _while_away(client, events)
            redis.start()
            back_ms = _until_back(client)
            lost = client.record_events(events).recorded
    finally:
        redis.kill()
    return Away(codes, longest_ms, back_ms, lost)


def _while_away(
    client: Client, events: list[pb.RecordEventsRequest]
) -> tuple[frozenset[str], float]:
    codes, longest = set(), 0.0
    for call in (lambda: client.record_events(events[:1]), lambda: client.recommend(["somebody"])):
        for _ in range(CALLS):
            started = time.perf_counter()
            codes.add(_code(call))
            longest = max(longest, time.perf_counter() - started)
    return frozenset(codes), longest * 1e3


def _until_back(client: Client) -> float:
    started = time.perf_counter()
    while (code := _code(lambda: client.recommend(["somebody"]))) != "OK":
        if time.perf_counter() - started > BACK_SECONDS:
            raise RuntimeError(f"{BACK_SECONDS} s after Redis was back, a request got {code}")
        time.sleep(AFTER_FAILURE_SECONDS)
    return (time.perf_counter() - started) * 1e3


def _code(call: Callable[[], object]) -> str:
    try:
        call()
    except ClientError as error:
        return error.code.name
    return "OK"
