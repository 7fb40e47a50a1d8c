"""The client for asyncio."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, TypeVar

import grpc

from schemas import recommender_pb2 as pb
from schemas import recommender_pb2_grpc
from serving import client_requests
from serving.client import DEADLINE_SECONDS, TRIES, channel_options, check_target, client_error

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


def _method(
    rpc: str, build: Callable[Arguments, Any], answer: type[Answer]
) -> Callable[Concatenate[AsyncClient, Arguments], Awaitable[Answer]]:
    @functools.wraps(build)
    async def call(
        client: AsyncClient, *given: Arguments.args, **named: Arguments.kwargs
    ) -> Answer:
        return await client._call(rpc, build(*given, **named))  # type: ignore[no-any-return]

    return call


class AsyncClient:
    """As `serving.client.Client`, but that calls are awaited; an asynchronous context manager."""

    recommend = _method("Recommend", client_requests.recommend, pb.RecommendResponse)
    rank = _method("Rank", client_requests.rank, pb.RankResponse)
    similar_items = _method("SimilarItems", client_requests.similar_items, pb.SimilarItemsResponse)
    record_events = _method("RecordEvents", client_requests.record_events, pb.RecordEventsResponse)
    upsert_items = _method("UpsertItems", client_requests.upsert_items, pb.UpsertItemsResponse)
    delete_items = _method("DeleteItems", client_requests.delete_items, pb.DeleteItemsResponse)
    model_info = _method("GetModelInfo", client_requests.model_info, pb.GetModelInfoResponse)

    def __init__(
        self, target: str, deadline_seconds: float = DEADLINE_SECONDS, tries: int = TRIES
    ) -> None:
        """As `Client`; to be made where an event loop runs."""
        check_target(target)
        self._target = target
        self._deadline = deadline_seconds
        self._channel = grpc.aio.insecure_channel(target, options=channel_options(tries))
        self._stub = recommender_pb2_grpc.RecommenderStub(self._channel)

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._channel.close(None)

    async def _call(self, rpc: str, request: Any) -> Any:
        try:
            return await getattr(self._stub, rpc)(request, timeout=self._deadline)
        except grpc.aio.AioRpcError as error:
            raise client_error(error, self._target, self._deadline) from error
