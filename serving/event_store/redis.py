"""Recorded events in Redis, for several servers.

Keys, all below `matinee:`: `events`, the set of event ids; `arrivals`, how many events there were;
and for each user `history:<user id>`, a sorted set of their events by time, each its number of
arrival and then JSON of item, rating and time, so that events of one second sort by arrival.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from serving.event_store.store import NOTHING, Events, RecordedHistory, StoreUnavailable

CONNECT_SECONDS, ANSWER_SECONDS = 1.0, 2.0
"""How long Redis may take to accept a connection, and to answer."""

IDS, ARRIVALS, HISTORY = "matinee:events", "matinee:arrivals", "matinee:history:"

PLACE = 16
"""Digits of a number of arrival: all that a double counts exactly."""

APPEND = f"""
local new = 0
for at = 1, #ARGV / 3 do
  local event_id, timestamp, event = ARGV[3 * at - 2], ARGV[3 * at - 1], ARGV[3 * at]
  if redis.call('SISMEMBER', KEYS[1], event_id) == 0 then
    local arrival = string.format('%0{PLACE}.0f', redis.call('INCR', KEYS[2]))
    redis.call('ZADD', KEYS[2 + at], timestamp, arrival .. event)
    redis.call('SADD', KEYS[1], event_id)
    new = new + 1
  end
end
return new
"""
"""The id is noted last: should Redis fail in between, sending the event again records it."""

READ = f"""
local histories = {{}}
for at = 1, #KEYS do
  local events = redis.call('ZREVRANGE', KEYS[at], 0, ARGV[1] - 1)
  for n = 1, #events do
    events[n] = string.sub(events[n], {PLACE + 1})
  end
  histories[at] = '[' .. table.concat(events, ',') .. ']'
end
return histories
"""
"""One text for each user: the client takes thousands of small answers apart in tens of ms."""

log = logging.getLogger(__name__)


class RedisEvents:
    """An event store in one database of a Redis server, which no other data set may use."""

    def __init__(self, url: str) -> None:
        """Connects.

        Args:
            url: `redis://[[user]:password@]host[:port][/database]`, or `rediss://` for TLS.

        Raises:
            ValueError: The address is none, or Redis keeps nothing on disk.
            OSError: Redis does not answer.
        """
        self._client = redis.Redis.from_url(
            url,
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=ANSWER_SECONDS,
            # Once, at once: after Redis was away the pool's connections are broken. One that hangs
            # is not asked again.
            retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
        )
        at = self._client.connection_pool.connection_kwargs
        self._name = f"Redis at {at.get('host')}:{at.get('port')}"  # without the password
        self._append, self._read = map(self._client.register_script, (APPEND, READ))
        try:
            with self._answering():
                self._check_durable()
        except StoreUnavailable as error:
            raise OSError(str(error)) from error

    def append(self, events: Events) -> int:
        """As `EventStore.append`; a script of Redis runs alone and whole."""
        if not len(events):
            return 0
        arguments: list[str | int] = []
        for event_id, *event in zip(
            events.event_ids,
            events.item_ids,
            (None if math.isnan(rating) else rating for rating in events.ratings.tolist()),
            events.timestamps.tolist(),
            strict=True,
        ):
            arguments += [event_id, event[-1], json.dumps(event)]
        keys = [IDS, ARRIVALS, *(HISTORY + user_id for user_id in events.user_ids)]
        with self._answering():
            return int(self._append(keys=keys, args=arguments))

    def holds(self, event_ids: Sequence[str]) -> np.ndarray:
        """As `EventStore.holds`, in one round trip."""
        with self._answering(), self._client.pipeline(transaction=False) as asked:
            for event_id in event_ids:
                asked.sismember(IDS, event_id)
            return np.array(asked.execute(), dtype=bool)

    def read(self, user_ids: Sequence[str], at_most: int) -> list[RecordedHistory]:
        """As `EventStore.read`, in one round trip."""
        if not user_ids:
            return []
        with self._answering():
            found = self._read(keys=[HISTORY + user_id for user_id in user_ids], args=[at_most])
        return [_history(newest_first) for newest_first in found]

    def close(self) -> None:
        """Closes all connections."""
        self._client.close()

    def _check_durable(self) -> None:
        """Refuses a Redis that forgets when it ends; warns of one that may forget a second."""
        if not int(self._client.info("persistence").get("aof_enabled", 0)):
            raise ValueError(
                f"{self._name}: expected appendonly yes, for what is acknowledged must outlive it, "
                "got no; `redis-cli config set appendonly yes` changes it"
            )
        try:
            synced = self._client.config_get("appendfsync").get("appendfsync")
            evicted = self._client.config_get("maxmemory-policy").get("maxmemory-policy", "")
        except redis.ResponseError:  # hosted servers do not tell
            synced, evicted = "an appendfsync that it does not tell", ""
        if evicted.startswith("allkeys"):
            raise ValueError(
                f"{self._name}: expected maxmemory-policy noeviction, for what is acknowledged "
                f"must stay, got {evicted}"
            )
        if synced != "always":
            log.warning(
                "%s: expected appendfsync always, got %s: if its machine fails, events recorded in "
                "the last second may be lost",
                self._name,
                synced,
            )

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """Whatever Redis says in place of an answer: away, starting, full, only a replica."""
        try:
            yield
        except redis.RedisError as error:
            raise StoreUnavailable(
                f"the event store does not answer: {self._name}: {error}"
            ) from error


def _history(newest_first: bytes) -> RecordedHistory:
    """What `READ` returns for a user as columns, oldest first."""
    events: list[tuple[str, float | None, int]] = json.loads(newest_first)
    if not events:
        return NOTHING
    item_ids, ratings, timestamps = zip(*reversed(events), strict=True)
    return RecordedHistory(
        item_ids,
        np.array(ratings, dtype=np.float32),  # null becomes NaN
        np.array(timestamps, dtype=np.int64),
    )
