"""Keeps a worker's catalogue at what the other workers made of it."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator

from serving.errors import RequestError
from serving.event_store.store import StoreUnavailable
from serving.logs import failure

POLL_SECONDS = 0.25
"""A look at the log takes some 20 µs, and workers shall know of a change within a second."""

log = logging.getLogger(__name__)


@contextlib.contextmanager
def watching(refresh: Callable[[], None], seconds: float = POLL_SECONDS) -> Iterator[None]:
    """Calls `refresh` again and again while the block lasts, in a thread of its own.

    Where it cannot, the state stays, a warning says so once, and the next call tries again.
    """
    ended = threading.Event()
    thread = threading.Thread(target=_watch, args=(refresh, seconds, ended), name="catalogue")
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _watch(refresh: Callable[[], None], seconds: float, ended: threading.Event) -> None:
    failing = False
    while not ended.wait(seconds):
        try:
            refresh()
        except Exception as error:  # a thread that ended would leave an old catalogue for good
            if not failing:
                known = isinstance(error, StoreUnavailable | RequestError)
                what = str(error) if known else type(error).__name__
                log.warning("changes of the catalogue are not seen: %s", what, extra=failure(error))
            failing = True
        else:
            if failing:
                log.warning("changes of the catalogue are seen again")
            failing = False
