import asyncio

import grpc
import pytest

from serving.errors import BackendError
from serving.model_watch import watch_models


def watched(outcomes):
    """What is told while checks have these outcomes, one after the other."""
    told = []

    async def watch():
        done = asyncio.Event()
        loop = asyncio.get_running_loop()
        left = iter(outcomes)

        def check():
            try:
                answers = next(left)
            except StopIteration:
                loop.call_soon_threadsafe(done.set)
                return
            if not answers:
                raise BackendError(grpc.StatusCode.UNAVAILABLE, "gone")

        async def tell(serving):
            told.append(serving)

        watching = asyncio.create_task(watch_models(check, tell, pause_seconds=0.001))
        await asyncio.wait_for(done.wait(), 10)
        watching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await watching

    asyncio.run(watch())
    return told


def test_nothing_is_told_while_the_models_answer():
    assert watched([True, True, True]) == []


def test_every_change_is_told_once():
    # The last look, which ends the test, finds them answering.
    assert watched([True, False, False, True, True, False, False, True, True]) == [
        *(False, True),
        *(False, True),
    ]
