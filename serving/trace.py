"""What each stage of one request did: items in, items out, milliseconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Sized
from typing import Any, TypeVar

from schemas import recommender_pb2 as pb
from serving.deadline import current_deadline

Out = TypeVar("Out", bound=Sized)


class Trace:
    """Runs stages and keeps a report of each.

    Attributes:
        reports: One per stage run, in order.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        """Begins.

        Args:
            clock: Seconds of whatever is to be counted.
        """
        self._clock = clock
        self.reports: list[pb.StageReport] = []

    def run(self, stage: Callable[..., Out], narrowed: Sized, *rest: Any) -> Out:
        """Calls `stage(narrowed, *rest)`; items in and out are lengths.

        Raises:
            RequestError: Nobody waits for the request any more; the stage does not begin.
        """
        current_deadline().check()
        started = self._clock()
        result = stage(narrowed, *rest)
        self.reports.append(
            pb.StageReport(
                stage=type(stage).__name__.lower(),
                items_in=len(narrowed),
                items_out=len(result),
                milliseconds=(self._clock() - started) * 1e3,
            )
        )
        return result
