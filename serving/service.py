"""The gRPC service: hands requests to a few threads and turns what happens into status codes."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn, TypeVar

import grpc
from prometheus_client import CollectorRegistry

from schemas import recommender_pb2 as pb
from schemas import recommender_pb2_grpc
from serving.deadline import Deadline
from serving.errors import REQUEST_ID, BackendError, RequestError
from serving.event_store.store import StoreUnavailable
from serving.event_stream import EventStreams
from serving.live_recommender import LiveRecommender
from serving.logs import failure, fields
from serving.metrics import Metrics

Request = TypeVar("Request")
Response = TypeVar("Response")

PASSED = grpc.StatusCode.DEADLINE_EXCEEDED

log = logging.getLogger(__name__)


class RecommenderService(recommender_pb2_grpc.RecommenderServicer):
    """`matinee.v1.Recommender`.

    Logs hold request ids, status codes and durations, never what a request says of people.
    """

    def __init__(
        self,
        recommender: LiveRecommender,
        pool: ThreadPoolExecutor,
        max_concurrent: int,
        metrics: Metrics | None = None,
    ) -> None:
        """Takes the parts.

        Args:
            recommender: Answers.
            pool: Whose threads it answers in.
            max_concurrent: Requests in progress before RESOURCE_EXHAUSTED.
            metrics: Counts requests; None: nobody asks for the counts.
        """
        self._metrics = metrics or Metrics(CollectorRegistry())
        self._recommender = recommender
        self._pool = pool
        self._max_concurrent = max_concurrent
        # Counted here and not by gRPC's `maximum_concurrent_rpcs`, which would turn away health
        # checks as well.
        self._slots = threading.BoundedSemaphore(max_concurrent)
        self._streams = EventStreams(recommender.config, max_concurrent)
        # Changes wait for each other, and shall not do so in threads or slots of what answers.
        self._changing = ThreadPoolExecutor(1, thread_name_prefix="change")
        self._change_slots = threading.BoundedSemaphore(max_concurrent)
        # Both belong to the event loop's thread.
        self._in_progress = 0
        self._last_active = time.monotonic()

    async def Recommend(
        self, request: pb.RecommendRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.RecommendResponse:
        return await self._answer(self._recommender.recommend, request, context)

    async def Rank(
        self, request: pb.RankRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.RankResponse:
        return await self._answer(self._recommender.rank, request, context)

    async def SimilarItems(
        self, request: pb.SimilarItemsRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.SimilarItemsResponse:
        return await self._answer(self._recommender.similar_items, request, context)

    async def GetModelInfo(
        self, request: pb.GetModelInfoRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.GetModelInfoResponse:
        return await self._answer(self._recommender.model_info, request, context)

    async def UpsertItems(
        self, request: pb.UpsertItemsRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.UpsertItemsResponse:
        return await self._answer(self._recommender.upsert_items, request, context, self._changing)

    async def DeleteItems(
        self, request: pb.DeleteItemsRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.DeleteItemsResponse:
        return await self._answer(self._recommender.delete_items, request, context, self._changing)

    async def RecordEvents(
        self,
        request_iterator: AsyncIterator[pb.RecordEventsRequest],
        context: grpc.aio.ServicerContext[Any, Any],
    ) -> pb.RecordEventsResponse:
        async def record(request_id: str, deadline: Deadline) -> pb.RecordEventsResponse:
            tally = await self._streams.run(request_iterator, self._recommender.record_events)
            return pb.RecordEventsResponse(
                request_id=request_id,
                recorded=tally.recorded,
                known=tally.known,
                versions=self._recommender.model_versions,
            )

        return await self._reported("record_events", record, context)

    async def quiet(self, seconds: float, at_most: float) -> None:
        """Returns when nothing was in progress for `seconds`, or after `at_most` seconds."""
        started = time.monotonic()
        while (now := time.monotonic()) < started + at_most:
            if not self._in_progress and now - max(started, self._last_active) >= seconds:
                return
            await asyncio.sleep(seconds / 10)

    def close(self) -> None:
        """Waits for the events and the changes that are being written."""
        self._streams.close()
        self._changing.shutdown()

    async def _answer(
        self,
        work: Callable[[Request, str], Response],
        request: Request,
        context: grpc.aio.ServicerContext[Any, Any],
        pool: ThreadPoolExecutor | None = None,
    ) -> Response:
        """Runs `work` in a pool; None: the one for what is answered at once."""

        async def in_pool(request_id: str, deadline: Deadline) -> Response:
            job = (deadline, work, request, request_id)
            return await self._in_pool(pool or self._pool, *job)

        response = await self._reported(work.__name__, in_pool, context)
        self._metrics.ran(work.__name__, getattr(response, "stages", ()))
        return response

    async def _reported(
        self,
        name: str,
        work: Callable[[str, Deadline], Awaitable[Response]],
        context: grpc.aio.ServicerContext[Any, Any],
    ) -> Response:
        """Awaits `work(request id, deadline)`; every failure becomes a status with a message."""
        request_id = uuid.uuid4().hex
        started = time.perf_counter()
        deadline = Deadline(context.time_remaining())
        code = grpc.StatusCode.OK
        self._in_progress += 1
        self._metrics.began()
        try:
            return await work(request_id, deadline)
        except RequestError as error:
            if isinstance(error, BackendError):
                log.warning("%s %s", request_id, error, extra=fields(request_id=request_id))
            code = error.code
            await _abort(context, code, str(error), request_id)
        except StoreUnavailable as error:
            code = grpc.StatusCode.UNAVAILABLE
            log.warning("%s: %s", request_id, error, extra=fields(request_id=request_id))
            await _abort(context, code, str(error), request_id)
        except Exception as error:
            code = grpc.StatusCode.INTERNAL
            what = failure(error, request_id=request_id)
            log.error("%s failed: %s", request_id, type(error).__name__, extra=what)
            await _abort(context, code, f"internal error, request {request_id}", request_id)
        except asyncio.CancelledError:
            # gRPC cancels the handler when the time is over, too.
            code = grpc.StatusCode.CANCELLED if deadline.left else PASSED
            deadline.cancel()
            raise
        finally:
            self._in_progress -= 1
            self._last_active = time.monotonic()
            seconds = time.perf_counter() - started
            self._metrics.ended(name, code.name, seconds)
            what = fields(
                request_id=request_id,
                rpc=name,
                code=code.name,
                milliseconds=round(seconds * 1e3, 1),
            )
            log.info("%s %s %s", request_id, name, code.name, extra=what)

    async def _in_pool(
        self,
        pool: ThreadPoolExecutor,
        deadline: Deadline,
        work: Callable[[Request, str], Response],
        request: Request,
        request_id: str,
    ) -> Response:
        slots = self._slots if pool is self._pool else self._change_slots
        if not slots.acquire(blocking=False):
            raise RequestError(
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                f"the server already works on {self._max_concurrent} requests; try again later",
            )
        job = pool.submit(deadline.run, work, request, request_id)
        # When the job is done and not when its client is: a cancelled request may still be running.
        job.add_done_callback(lambda _: slots.release())
        return await asyncio.wrap_future(job)


async def _abort(
    context: grpc.aio.ServicerContext[Any, Any],
    code: grpc.StatusCode,
    message: str,
    request_id: str,
) -> NoReturn:
    await context.abort(code, message, ((REQUEST_ID, request_id),))
    raise AssertionError("abort raises")
