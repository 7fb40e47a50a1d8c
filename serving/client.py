"""A small client: typed calls, a deadline and retries on each, errors that can be shown to people.

A call that meets `UNAVAILABLE` or `RESOURCE_EXHAUSTED` is sent again by gRPC itself, after a pause
and within the deadline: all calls of the service are safe to repeat.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, TypeVar

import grpc

from schemas import recommender_pb2 as pb
from schemas import recommender_pb2_grpc
from serving import client_requests
from serving.errors import REQUEST_ID

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")

DEADLINE_SECONDS, TRIES = 10.0, 4
KEPT_BYTES = 4 << 20
"""Of a call, to be sent again; a longer stream of events is sent once."""
FIRST_PAUSE, LONGEST_PAUSE = "0.05s", "1s"
"""Between tries; each twice as long as the one before, give or take a fifth."""
ADDRESS = re.compile(r"(?:[^:/\s\[\]]+|\[[0-9A-Fa-f:.%]+\]):(?P<port>[0-9]+)")
LARGEST_PORT = 65_535
RESOLVED = re.compile(r"(?:dns|ipv4|ipv6|xds|unix|unix-abstract):")
"""What gRPC resolves by itself: github.com/grpc/grpc/blob/master/doc/naming.md."""
SERVICE = pb.DESCRIPTOR.services_by_name["Recommender"].full_name


class ClientError(RuntimeError):
    """A call that failed.

    A RuntimeError, so that whoever shows such errors to people needs no grpc for it.

    Attributes:
        code: gRPC status code.
    """

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        super().__init__(f"{code.name}: {message}")
        self.code = code


def _method(
    rpc: str, build: Callable[Arguments, Any], answer: type[Answer]
) -> Callable[Concatenate[Client, Arguments], Answer]:
    @functools.wraps(build)
    def call(client: Client, *given: Arguments.args, **named: Arguments.kwargs) -> Answer:
        return client._call(rpc, build(*given, **named))  # type: ignore[no-any-return]

    return call


class Client:
    """Calls one server; a context manager that closes its channel.

    The arguments of the calls are those of `serving.client_requests`, what they return is the
    response. All raise `ClientError`: the server refused, failed or was not reached; and, before
    anything is sent, what those functions raise.
    """

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
        """Opens no connection yet.

        Args:
            target: `host:port`.
            deadline_seconds: Longest time for a call, connecting and retries included.
            tries: How often a call is sent at most, 1 to 5.

        Raises:
            ValueError: The target is no address, or gRPC takes no such number of tries.
        """
        check_target(target)
        self._target = target
        self._deadline = deadline_seconds
        self._channel = grpc.insecure_channel(target, options=channel_options(tries))
        self._stub = recommender_pb2_grpc.RecommenderStub(self._channel)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._channel.close()

    def _call(self, rpc: str, request: Any) -> Any:
        try:
            return getattr(self._stub, rpc)(request, timeout=self._deadline)
        except grpc.RpcError as error:
            raise client_error(error, self._target, self._deadline) from error


def check_target(target: str) -> None:
    """Refuses what gRPC would take for port 443, or for a name that nobody has.

    Raises:
        ValueError: It is neither `host:port` nor of a scheme that gRPC resolves.
    """
    address = ADDRESS.fullmatch(target)
    if not RESOLVED.match(target) and not (address and 0 < int(address["port"]) <= LARGEST_PORT):
        raise ValueError(f"target: expected host:port, got {target!r}")


def channel_options(tries: int) -> list[tuple[str, Any]]:
    """Options of a channel whose calls are sent so often.

    Raises:
        ValueError: gRPC takes no such number.
    """
    if not 1 <= tries <= 5:
        raise ValueError(f"tries: expected 1 to 5, got {tries}")
    if tries == 1:
        return []
    policy = {
        "maxAttempts": tries,
        "initialBackoff": FIRST_PAUSE,
        "maxBackoff": LONGEST_PAUSE,
        "backoffMultiplier": 2,
        "retryableStatusCodes": ["UNAVAILABLE", "RESOURCE_EXHAUSTED"],
    }
    config = {"methodConfig": [{"name": [{"service": SERVICE}], "retryPolicy": policy}]}
    return [
        ("grpc.service_config", json.dumps(config)),
        ("grpc.per_rpc_retry_buffer_size", KEPT_BYTES),
    ]


def client_error(error: Any, target: str, deadline_seconds: float) -> ClientError:
    """What people are told of an error of gRPC.

    Args:
        error: Of a call.
        target: Which was called.
        deadline_seconds: How long it was waited for.
    """
    code, message = error.code(), error.details() or "no reason given"
    if not _answered(error):
        if code is grpc.StatusCode.UNAVAILABLE:
            message = f"no server answers at {target} ({message})"
        elif code is grpc.StatusCode.DEADLINE_EXCEEDED:
            message = f"{target} gave no answer within {deadline_seconds} s"
    return ClientError(code, message)


def _answered(error: Any) -> bool:
    """Whether the server's service sent an error, and not gRPC in place of it."""
    return any(key == REQUEST_ID for key, _ in error.trailing_metadata() or ())
