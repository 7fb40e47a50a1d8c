"""Table `[serve]`."""

from __future__ import annotations

import math
from dataclasses import dataclass

from schemas.config.checks import refuse


@dataclass(frozen=True)
class ServeConfig:
    """The gRPC server; what exceeds a limit is refused with an error, never cut.

    Attributes:
        host: Address to listen on; loopback unless someone decides otherwise.
        port: Port to listen on; 0 takes a free one.
        candidates: Items retrieved per viewer before ranking.
        max_k: Largest accepted k.
        max_viewers: Most viewers of one request.
        max_history: Most events of one anonymous history.
        max_exclude: Most excluded item ids.
        max_allow: Most item ids of an allow-list.
        max_conditions: Most conditions on item features.
        max_shown: Items of earlier pages that a page token carries; the pages behind them go
            through the rest by popularity.
        max_ranked: Most candidates of a request that brings its own.
        max_explained: Largest k of a request that asks for explanations.
        max_explained_viewers: Most viewers of such a request, whose time and memory grow with the
            third power of their number.
        max_message_bytes: Largest request message.
        max_concurrent: Requests in progress before RESOURCE_EXHAUSTED.
        grace_seconds: Time that running requests get on SIGTERM.
    """

    host: str = "127.0.0.1"
    port: int = 8500
    candidates: int = 200
    max_k: int = 500
    max_viewers: int = 8
    max_history: int = 2_000
    max_exclude: int = 10_000
    max_allow: int = 10_000
    max_conditions: int = 32
    max_shown: int = 2_000
    max_ranked: int = 1_000
    max_explained: int = 50
    max_explained_viewers: int = 4
    max_message_bytes: int = 1 << 20
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
            "max_allow",
            "max_conditions",
            "max_shown",
            "max_ranked",
            "max_explained",
            "max_explained_viewers",
            "max_concurrent",
        ):
            if getattr(self, name) < 1:
                refuse(f"serve.{name}", "at least 1", getattr(self, name))
        # gRPC takes -1 for "no limit" and keeps the size in an int32.
        if not 1_024 <= self.max_message_bytes < 1 << 31:
            expected = f"1024 to {(1 << 31) - 1}"
            refuse("serve.max_message_bytes", expected, self.max_message_bytes)
        if not 0 <= self.grace_seconds < math.inf:  # NaN compares false
            refuse("serve.grace_seconds", "0 or more, and finite", self.grace_seconds)
