import asyncio
import threading

import grpc
import pytest

from schemas.config import ServeConfig
from serving.errors import RequestError
from serving.event_stream import BatchLimits, EventStreams, batches
from serving.recording import Tally
from tests.serving.test_event_validation import event

LIMITS = BatchLimits(call=10, events=4, size=1 << 20, wait_seconds=30)
CONFIG = ServeConfig(max_events=10, event_batch=4)


async def stream(*events):
    for one in events:
        yield one


def numbered(count):
    return [event(event_id=f"e{n}") for n in range(count)]


def cut(events, limits=LIMITS):
    async def collect():
        async for batch in batches(aiter(stream(*events)), limits):
            found.append([one.event_id for one in batch])

    found = []
    try:
        asyncio.run(collect())
    except RequestError as error:
        found.append(error)
    return found


def test_batches_hold_all_events_in_order():
    assert cut(numbered(9)) == [["e0", "e1", "e2", "e3"], ["e4", "e5", "e6", "e7"], ["e8"]]
    assert cut(numbered(4)) == [["e0", "e1", "e2", "e3"]]
    assert cut([]) == []


def test_a_batch_ends_when_it_is_large():
    large = [event(event_id=name, user_id="u" * 600) for name in "abc"]
    assert cut(large, BatchLimits(call=10, events=4, size=1_000, wait_seconds=30)) == [
        ["a", "b"],
        ["c"],
    ]


def test_as_many_events_as_a_call_may_have():
    assert [len(batch) for batch in cut(numbered(10))] == [4, 4, 2]


def test_more_events_than_a_call_may_have():
    *found, error = cut(numbered(11))
    assert [len(batch) for batch in found] == [4, 4, 2]
    assert error.code is grpc.StatusCode.INVALID_ARGUMENT
    assert str(error) == (
        "events: expected at most 10 in a call, got more; the 10 events before it are recorded"
    )


def test_a_client_that_falls_silent():
    async def silent():
        yield event()
        await asyncio.sleep(60)

    async def collect():
        limits = BatchLimits(call=10, events=4, size=1 << 20, wait_seconds=0.05)
        return [batch async for batch in batches(aiter(silent()), limits)]

    with pytest.raises(RequestError, match=r"^no event came for 0\.05 s") as caught:
        asyncio.run(collect())
    assert caught.value.code is grpc.StatusCode.DEADLINE_EXCEEDED


def test_each_batch_is_told_what_became_of_those_before():
    calls = []

    def record(batch, so_far):
        calls.append((len(batch), so_far.events))
        return Tally(so_far.recorded + len(batch), so_far.known)

    tally = asyncio.run(EventStreams(CONFIG, 4).run(stream(*numbered(9)), record))
    assert tally == Tally(recorded=9)
    assert calls == [(4, 0), (4, 4), (1, 8)]


def test_one_batch_is_written_at_a_time():
    writing = threading.Semaphore(1)

    def record(batch, so_far):
        assert writing.acquire(blocking=False)
        threading.Event().wait(0.01)
        writing.release()
        return Tally(so_far.recorded + len(batch))

    async def many():
        streams = EventStreams(CONFIG, 4)
        runs = [streams.run(stream(*numbered(9)), record) for _ in range(4)]
        return await asyncio.gather(*runs)

    assert [tally.recorded for tally in asyncio.run(many())] == [9] * 4


def test_too_many_streams_at_once():
    async def many():
        streams, ended = EventStreams(CONFIG, 2), asyncio.Event()

        async def waiting():
            yield event()
            await ended.wait()

        def record(batch, so_far):
            return Tally(so_far.recorded + len(batch))

        running = [asyncio.ensure_future(streams.run(waiting(), record)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(RequestError, match="already takes 2 streams of events") as caught:
            await streams.run(stream(event()), record)
        assert caught.value.code is grpc.StatusCode.RESOURCE_EXHAUSTED
        ended.set()
        assert [tally.recorded for tally in await asyncio.gather(*running)] == [1, 1]
        # Their places are free again, after a failure too.
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                await streams.run(stream(event()), lambda batch, so_far: 1 / 0)
        assert (await streams.run(stream(event()), record)).recorded == 1

    asyncio.run(many())
