"""Watches whether models that run elsewhere answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from serving.errors import BackendError

PAUSE_SECONDS = 1.0
"""Between two looks."""

log = logging.getLogger(__name__)


async def watch_models(
    check: Callable[[], None],
    tell: Callable[[bool], Awaitable[None]],
    pause_seconds: float = PAUSE_SECONDS,
) -> None:
    """Tells of every change, until it is cancelled.

    Args:
        check: Returns if the models answer and raises a BackendError if they do not; it may block.
        tell: Called with what is so now; at first the models are taken to answer.
        pause_seconds: Between two looks.
    """
    answering = True
    while True:
        await asyncio.sleep(pause_seconds)
        try:
            await asyncio.to_thread(check)
            found, reason = True, "the models answer again"
        except BackendError as error:
            found, reason = False, str(error)
        if found != answering:
            log.warning("%s", reason)
            await tell(found)
        answering = found
