"""A small client: typed calls, a deadline on each, errors that can be shown to people."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import Any

import grpc

from schemas import recommender_pb2 as pb
from schemas import recommender_pb2_grpc
from serving.errors import REQUEST_ID


class ClientError(RuntimeError):
    """A call that failed.

    A RuntimeError, so that whoever shows such errors to people needs no grpc for it.

    Attributes:
        code: gRPC status code.
    """

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        super().__init__(f"{code.name}: {message}")
        self.code = code


class Client:
    """Calls one server; a context manager that closes its channel."""

    def __init__(self, target: str, deadline_seconds: float = 10.0) -> None:
        """Opens no connection yet.

        Args:
            target: `host:port`.
            deadline_seconds: Longest time for a call, connecting included.
        """
        self._target = target
        self._deadline = deadline_seconds
        self._channel = grpc.insecure_channel(target)
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

    def recommend(
        self,
        users: Iterable[str] = (),
        anonymous: Iterable[pb.AnonymousViewer] = (),
        k: int = 10,
        exclude: Iterable[str] = (),
        seen_policy: pb.SeenPolicy = pb.SEEN_POLICY_UNSPECIFIED,
        objective: pb.Objective = pb.OBJECTIVE_UNSPECIFIED,
        group_strategy: pb.GroupStrategy = pb.GROUP_STRATEGY_UNSPECIFIED,
        rating_weight: float | None = None,
        explain: bool = False,
        explain_events: int = 0,
    ) -> pb.RecommendResponse:
        """The best items for viewers: known users first, then anonymous ones.

        Raises:
            ClientError: The server refused, failed or was not reached.
        """
        viewers = [pb.Viewer(user_id=user) for user in users]
        viewers += [pb.Viewer(anonymous=viewer) for viewer in anonymous]
        request = pb.RecommendRequest(
            viewers=viewers,
            k=k,
            exclude_item_ids=exclude,
            seen_policy=seen_policy,
            objective=objective,
            group_strategy=group_strategy,
            rating_weight=rating_weight,
            explain=explain,
            explain_events=explain_events,
        )
        return self._call(self._stub.Recommend, request)

    def similar_items(
        self, item_id: str, k: int = 10, exclude: Iterable[str] = ()
    ) -> pb.SimilarItemsResponse:
        """The items nearest to one.

        Raises:
            ClientError: As `recommend`.
        """
        request = pb.SimilarItemsRequest(item_id=item_id, k=k, exclude_item_ids=exclude)
        return self._call(self._stub.SimilarItems, request)

    def record_events(self, events: Iterable[pb.RecordEventsRequest]) -> pb.RecordEventsResponse:
        """Records what people watched; once it returns, all of it is on disk.

        After an error, sending all events again with the same ids is safe.

        Raises:
            ClientError: As `recommend`.
        """
        return self._call(self._stub.RecordEvents, iter(events))

    def model_info(self) -> pb.GetModelInfoResponse:
        """What the server runs.

        Raises:
            ClientError: As `recommend`.
        """
        return self._call(self._stub.GetModelInfo, pb.GetModelInfoRequest())

    def _call(self, method: Any, request: Any) -> Any:
        try:
            return method(request, timeout=self._deadline)
        except grpc.RpcError as error:
            raise ClientError(error.code(), self._reason(error)) from error

    def _reason(self, error: Any) -> str:
        message = error.details() or "no reason given"
        if _answered(error):
            return message
        if error.code() is grpc.StatusCode.UNAVAILABLE:
            return f"no server answers at {self._target} ({message})"
        if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
            return f"{self._target} gave no answer within {self._deadline} s"
        return message


def _answered(error: Any) -> bool:
    """Whether the server's service sent an error, and not gRPC in place of it."""
    return any(key == REQUEST_ID for key, _ in error.trailing_metadata() or ())
