"""How long the request that a thread works on may still take."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, TypeVar

import grpc

from serving.errors import RequestError

Result = TypeVar("Result")


class Deadline:
    """When a request's client stops waiting, on this machine's monotonic clock.

    It goes with the thread that works on the request, so that what waits for something far below
    the request path need not be handed it from stage to stage.
    """

    def __init__(self, seconds: float | None = None) -> None:
        """Begins now.

        Args:
            seconds: Until the client stops waiting; None: never.
        """
        self._ends = math.inf if seconds is None else time.monotonic() + seconds
        self._cancelled = False

    @property
    def left(self) -> float:
        """Seconds until it passes; 0 once it has or the client has hung up."""
        return 0.0 if self._cancelled else max(0.0, self._ends - time.monotonic())

    def cancel(self) -> None:
        """Nobody waits any more; may be called from another thread."""
        self._cancelled = True

    def check(self) -> None:
        """Returns while somebody waits.

        Raises:
            RequestError: DEADLINE_EXCEEDED or CANCELLED.
        """
        if not self.left:
            raise self.passed()

    def passed(self) -> RequestError:
        """What is raised when nobody waits any more: DEADLINE_EXCEEDED or CANCELLED."""
        if self._cancelled:
            return RequestError(grpc.StatusCode.CANCELLED, "the client has hung up")
        return RequestError(grpc.StatusCode.DEADLINE_EXCEEDED, "the request's deadline has passed")

    def run(self, work: Callable[..., Result], *arguments: Any) -> Result:
        """Calls `work(*arguments)` as part of this request.

        Raises:
            RequestError: It is too late to begin.
        """
        self.check()
        before = _CURRENT.set(self)
        try:
            return work(*arguments)
        finally:
            _CURRENT.reset(before)


_NEVER = Deadline()
_CURRENT: ContextVar[Deadline] = ContextVar("deadline", default=_NEVER)


def current_deadline() -> Deadline:
    """That of the request which this thread works on; one that never passes if there is none."""
    return _CURRENT.get()
