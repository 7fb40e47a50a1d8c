"""Table `[serve]`."""

from __future__ import annotations

import math
from dataclasses import dataclass

from schemas.config.checks import refuse

STORES = ("sqlite:", "redis://", "rediss://")


@dataclass(frozen=True)
class ServeConfig:
    """The gRPC server; what exceeds a limit is refused with an error, never cut.

    Attributes:
        host: Address to listen on; loopback unless someone decides otherwise.
        port: Port to listen on; 0 takes a free one.
        profiles: Where events are recorded and read: `sqlite:`, the file `state/events.sqlite` of
            the run; `sqlite:PATH`, another; `redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]` (or
            `rediss://`), a Redis that several servers share; `none`, nowhere.
        candidates: Items retrieved per viewer before ranking.
        max_k: Largest accepted k.
        max_viewers: Most viewers of one request.
        max_history: Most events of one anonymous history.
        max_exclude: Most excluded item ids.
        max_explained: Largest k of a request that asks for explanations.
        max_explained_viewers: Most viewers of such a request, whose time and memory grow with the
            third power of their number.
        max_message_bytes: Largest request message.
        max_recorded: Newest recorded events of a user that a request reads.
        max_events: Most events of one call of RecordEvents.
        event_batch: Events written at once.
        event_wait_seconds: How long a client may leave the server waiting for its next event.
        max_concurrent: Requests in progress before RESOURCE_EXHAUSTED; as many streams of events.
        grace_seconds: Time that running requests get on SIGTERM.
    """

    host: str = "127.0.0.1"
    port: int = 8500
    profiles: str = "sqlite:"
    candidates: int = 200
    max_k: int = 500
    max_viewers: int = 8
    max_history: int = 2_000
    max_exclude: int = 10_000
    max_explained: int = 50
    max_explained_viewers: int = 4
    max_message_bytes: int = 1 << 20
    max_recorded: int = 2_000
    max_events: int = 10_000
    event_batch: int = 500
    event_wait_seconds: float = 30.0
    max_concurrent: int = 64
    grace_seconds: float = 5.0

    def __post_init__(self) -> None:
        if not self.host:
            refuse("serve.host", "an address", self.host)
        if not 0 <= self.port <= 65_535:
            refuse("serve.port", "0 to 65535", self.port)
        for name in (
            "candidates",
            "max_k",
            "max_viewers",
            "max_history",
            "max_exclude",
            "max_explained",
            "max_explained_viewers",
            "max_recorded",
            "max_events",
            "event_batch",
            "max_concurrent",
        ):
            if getattr(self, name) < 1:
                refuse(f"serve.{name}", "at least 1", getattr(self, name))
        if self.profiles != "none" and not self.profiles.startswith(STORES):
            expected = "sqlite:, sqlite:PATH, redis://HOST:PORT/DATABASE or none"
            refuse("serve.profiles", expected, self.profiles)
        if not 0 < self.event_wait_seconds < math.inf:  # NaN compares false
            expected = "more than 0, and finite"
            refuse("serve.event_wait_seconds", expected, self.event_wait_seconds)
        # gRPC takes -1 for "no limit" and keeps the size in an int32.
        if not 1_024 <= self.max_message_bytes < 1 << 31:
            expected = f"1024 to {(1 << 31) - 1}"
            refuse("serve.max_message_bytes", expected, self.max_message_bytes)
        if not 0 <= self.grace_seconds < math.inf:  # NaN compares false
            refuse("serve.grace_seconds", "0 or more, and finite", self.grace_seconds)
