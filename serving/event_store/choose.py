"""The event store that `serve.profiles` names."""

from __future__ import annotations

from pathlib import Path

from serving.event_store.absent import NOTHING_RECORDED
from serving.event_store.sqlite import SqliteEvents
from serving.event_store.store import EventStore

BESIDE_RUN = Path("state", "events.sqlite")
"""Where a run directory has its events, unless the configuration names a file."""


def open_store(profiles: str, run: Path) -> EventStore:
    """Opens the store of a server.

    Args:
        profiles: `serve.profiles`, which `ServeConfig` has checked.
        run: The run directory.

    Raises:
        OSError: The store cannot be opened or made, or does not answer.
        ValueError: What is there is no store of ours, or keeps nothing durably.
        ImportError: Redis is asked for, and its client is not installed.
    """
    scheme, _, rest = profiles.partition(":")
    if scheme == "sqlite":
        return SqliteEvents(Path(rest) if rest else run / BESIDE_RUN)
    if scheme in ("redis", "rediss"):
        # Its client is an extra of its own.
        try:
            from serving.event_store.redis import RedisEvents
        except ModuleNotFoundError as error:
            raise ImportError(
                f"serve.profiles: {scheme}:// needs the redis package: "
                "`pip install 'matinee[redis]'`"
            ) from error
        return RedisEvents(profiles)
    return NOTHING_RECORDED
