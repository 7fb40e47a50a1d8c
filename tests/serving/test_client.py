"""Both clients against a server whose failures are known."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest

from schemas import recommender_pb2 as pb
from schemas import recommender_pb2_grpc
from serving.async_client import AsyncClient
from serving.client import Client, ClientError

UNAVAILABLE, FULL, WRONG = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.INVALID_ARGUMENT,
)
EVENTS = [pb.RecordEventsRequest(event_id=f"e{n}", user_id="u", item_id="i") for n in range(3)]


class Failing(recommender_pb2_grpc.RecommenderServicer):
    """Fails with each of some codes in turn, then answers.

    Attributes:
        codes: What is still to come.
        calls: How often it was called.
    """

    def __init__(self) -> None:
        self.codes: list[grpc.StatusCode] = []
        self.calls = 0

    def GetModelInfo(self, request: Any, context: Any) -> pb.GetModelInfoResponse:
        self._fail(context)
        return pb.GetModelInfoResponse(items=7)

    def RecordEvents(self, request_iterator: Any, context: Any) -> pb.RecordEventsResponse:
        events = list(request_iterator)
        self._fail(context)
        return pb.RecordEventsResponse(recorded=len(events))

    def _fail(self, context: Any) -> None:
        self.calls += 1
        if self.codes:
            context.abort(self.codes.pop(0), "not now")


@pytest.fixture
def servicer() -> Failing:
    return Failing()


@pytest.fixture
def target(servicer: Failing) -> Iterator[str]:
    with ThreadPoolExecutor(2) as pool:
        server = grpc.server(pool)
        recommender_pb2_grpc.add_RecommenderServicer_to_server(servicer, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        yield f"127.0.0.1:{port}"
        server.stop(None).wait()


def of_sync(target: str, name: str, *arguments: Any, **options: Any) -> Any:
    with Client(target, **options) as client:
        return getattr(client, name)(*arguments)


def of_async(target: str, name: str, *arguments: Any, **options: Any) -> Any:
    async def call() -> Any:
        async with AsyncClient(target, **options) as client:
            return await getattr(client, name)(*arguments)

    return asyncio.run(call())


Call = Callable[..., Any]
both = pytest.mark.parametrize("call", [of_sync, of_async])


@both
def test_what_passes_is_tried_again(call: Call, servicer: Failing, target: str) -> None:
    servicer.codes = [UNAVAILABLE, FULL, UNAVAILABLE]
    assert call(target, "model_info").items == 7
    assert servicer.calls == 4


@both
def test_a_stream_of_events_is_sent_again_whole(call: Call, servicer: Failing, target: str) -> None:
    servicer.codes = [UNAVAILABLE]
    assert call(target, "record_events", EVENTS).recorded == 3
    assert servicer.calls == 2


@both
def test_what_does_not_pass_is_not(call: Call, servicer: Failing, target: str) -> None:
    servicer.codes = [WRONG]
    with pytest.raises(ClientError, match=r"^INVALID_ARGUMENT: not now$") as error:
        call(target, "model_info")
    assert error.value.code is WRONG
    assert servicer.calls == 1


@both
def test_tries_end(call: Call, servicer: Failing, target: str) -> None:
    servicer.codes = [UNAVAILABLE] * 9
    with pytest.raises(ClientError, match="UNAVAILABLE"):
        call(target, "model_info", tries=3)
    assert servicer.calls == 3
    with pytest.raises(ClientError, match="UNAVAILABLE"):
        call(target, "model_info", tries=1)
    assert servicer.calls == 4


@both
def test_the_deadline_holds_for_all_tries(call: Call, servicer: Failing, target: str) -> None:
    servicer.codes = [UNAVAILABLE] * 9
    with pytest.raises(ClientError):
        call(target, "model_info", deadline_seconds=0.03)
    assert servicer.calls <= 1  # the next would come after 40 ms at the earliest


@both
def test_tries_that_grpc_cannot_take_are_refused(call: Call, target: str) -> None:
    for tries in (0, 6):
        with pytest.raises(ValueError, match=f"tries: expected 1 to 5, got {tries}"):
            call(target, "model_info", tries=tries)


@both
def test_nobody_answers(call: Call) -> None:
    with pytest.raises(ClientError, match=r"UNAVAILABLE: no server answers at 127\.0\.0\.1:1 \("):
        call("127.0.0.1:1", "model_info")


@pytest.mark.parametrize("client", [Client, AsyncClient])
@pytest.mark.parametrize(
    "target",
    ["", "127.0.0.1", "somewhere:", "http://127.0.0.1:8500", "::1", "films:0", "films:65536"],
)
def test_a_target_that_is_no_address_is_refused(client, target):
    with pytest.raises(ValueError, match=f"^target: expected host:port, got '{target}'"):
        client(target)


@pytest.mark.parametrize(
    "target", ["films:8500", "[::1]:8500", "dns:///films.example:8500", "unix:/run/films"]
)
def test_what_grpc_resolves_is_a_target(target):
    with Client(target):
        pass
