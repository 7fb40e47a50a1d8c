"""Streams of events, cut into batches that one thread writes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import grpc

from schemas import recommender_pb2 as pb
from schemas.config import ServeConfig
from serving.errors import RequestError
from serving.recording import Tally


@dataclass(frozen=True)
class BatchLimits:
    """How a stream is cut.

    Attributes:
        call: Most events of the whole stream.
        events: Most events of a batch.
        size: Bytes from which on a batch takes no further event.
        wait_seconds: How long a client may leave the server waiting for its next event.
    """

    call: int
    events: int
    size: int
    wait_seconds: float


class EventStreams:
    """Takes the streams of all clients of a server; all methods belong to the event loop."""

    def __init__(self, config: ServeConfig, at_once: int) -> None:
        """Starts no thread yet.

        Args:
            config: Its limits of events.
            at_once: Most streams that may be open, each holding a batch in memory.
        """
        self._limits = BatchLimits(
            call=config.max_events,
            events=config.event_batch,
            size=config.max_message_bytes,
            wait_seconds=config.event_wait_seconds,
        )
        self._at_once = at_once
        self._open = 0
        # One, for a store takes one writer at a time, and those who wait shall hold no thread that
        # answers requests.
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="events")

    async def run(
        self,
        stream: AsyncIterator[pb.RecordEventsRequest],
        record: Callable[[list[pb.RecordEventsRequest], Tally], Tally],
    ) -> Tally:
        """Gives a stream to `record`, batch by batch, each with what became of those before.

        Returns:
            The tally of the last one: once there is one, every event is durable.

        Raises:
            RequestError: Too many streams are open, or the stream is not as it should be.
            Exception: What `record` raises.
        """
        if self._open >= self._at_once:
            raise RequestError(
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                f"the server already takes {self._at_once} streams of events; try again later",
            )
        self._open += 1
        tally = Tally()
        try:
            async with contextlib.aclosing(batches(aiter(stream), self._limits)) as cut:
                async for batch in cut:
                    job = self._writer.submit(record, batch, tally)
                    tally = await asyncio.wrap_future(job)
        finally:
            self._open -= 1
        return tally

    def close(self) -> None:
        """Waits for the batches that are being written."""
        self._writer.shutdown()


async def batches(
    stream: AsyncIterator[pb.RecordEventsRequest], limits: BatchLimits
) -> AsyncGenerator[list[pb.RecordEventsRequest], None]:
    """The events of a stream, at least one a batch.

    Raises:
        RequestError: INVALID_ARGUMENT, there are more than a call may have, raised once those
            before are recorded; DEADLINE_EXCEEDED, the client fell silent without an end.
    """
    batch: list[pb.RecordEventsRequest] = []
    count = size = 0
    while (event := await _next(stream, limits.wait_seconds)) is not None and count < limits.call:
        batch.append(event)
        count, size = count + 1, size + event.ByteSize()
        if len(batch) >= limits.events or size >= limits.size:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
    if event is not None:
        raise RequestError(
            grpc.StatusCode.INVALID_ARGUMENT,
            f"events: expected at most {limits.call} in a call, got more; the {count} events "
            "before it are recorded",
        )


async def _next(
    stream: AsyncIterator[pb.RecordEventsRequest], wait_seconds: float
) -> pb.RecordEventsRequest | None:
    """None at the end of the stream."""
    try:
        async with asyncio.timeout(wait_seconds):
            return await anext(stream, None)
    except TimeoutError:
        raise RequestError(
            grpc.StatusCode.DEADLINE_EXCEEDED,
            f"no event came for {wait_seconds:g} s, nor the end of the stream; some events may be "
            "recorded, and to send all again is safe",
        ) from None
