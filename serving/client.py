"""A small client: typed calls, a deadline on each, errors that can be shown to people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
        recent: Mapping[str, Iterable[pb.Event]] | None = None,
        allow: Iterable[str] = (),
        conditions: Iterable[pb.Condition] = (),
        diversity: float = 0.0,
        caps: Mapping[str, int] | None = None,
        page_token: str = "",
    ) -> pb.RecommendResponse:
        """The best items for viewers: known users first, then anonymous ones.

        Args:
            users: User ids.
            anonymous: Viewers with their histories.
            k: How many items.
            exclude: Item ids never to return.
            seen_policy: Whose seen items to leave out.
            objective: What the items are ordered by.
            group_strategy: How viewers become a group.
            rating_weight: Of a blend.
            explain: Whether to tell what in the histories speaks for each item.
            explain_events: How many events.
            recent: User id to what that user did and is not recorded.
            allow: Item ids to choose from; none: all.
            conditions: What items must be.
            diversity: 0 to 1.
            caps: Feature name to the most items with the same value.
            page_token: `next_page_token` of the answer before, for what comes after it.

        Raises:
            ClientError: The server refused, failed or was not reached.
        """
        request = pb.RecommendRequest(
            viewers=_viewers(users, anonymous, recent or {}),
            k=k,
            exclude_item_ids=exclude,
            seen_policy=seen_policy,
            objective=objective,
            group_strategy=group_strategy,
            rating_weight=rating_weight,
            explain=explain,
            explain_events=explain_events,
            allow_item_ids=allow,
            conditions=conditions,
            diversity=diversity,
            caps=[pb.Cap(feature=name, at_most=most) for name, most in (caps or {}).items()],
            page_token=page_token,
        )
        return self._call(self._stub.Recommend, request)

    def rank(
        self,
        item_ids: Iterable[str],
        users: Iterable[str] = (),
        anonymous: Iterable[pb.AnonymousViewer] = (),
        objective: pb.Objective = pb.OBJECTIVE_UNSPECIFIED,
        group_strategy: pb.GroupStrategy = pb.GROUP_STRATEGY_UNSPECIFIED,
        rating_weight: float | None = None,
        recent: Mapping[str, Iterable[pb.Event]] | None = None,
    ) -> pb.RankResponse:
        """Given items, best first for viewers; the rest as in `recommend`.

        Raises:
            ClientError: As `recommend`.
        """
        request = pb.RankRequest(
            viewers=_viewers(users, anonymous, recent or {}),
            item_ids=item_ids,
            objective=objective,
            group_strategy=group_strategy,
            rating_weight=rating_weight,
        )
        return self._call(self._stub.Rank, request)

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

    def upsert_items(
        self, items: Mapping[str, Mapping[str, Sequence[str]]]
    ) -> pb.UpsertItemsResponse:
        """Adds items to the catalogue, or replaces all that is known of them; safe to repeat.

        Args:
            items: Item id to feature name to values.

        Raises:
            ClientError: As `recommend`.
        """
        request = pb.UpsertItemsRequest(
            items=[
                pb.Item(
                    item_id=item_id,
                    features={
                        name: pb.FeatureValues(values=values) for name, values in features.items()
                    },
                )
                for item_id, features in items.items()
            ]
        )
        return self._call(self._stub.UpsertItems, request)

    def delete_items(self, item_ids: Iterable[str]) -> pb.DeleteItemsResponse:
        """Takes items out of the catalogue; safe to repeat.

        Raises:
            ClientError: As `recommend`.
        """
        return self._call(self._stub.DeleteItems, pb.DeleteItemsRequest(item_ids=item_ids))

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


def _viewers(
    users: Iterable[str],
    anonymous: Iterable[pb.AnonymousViewer],
    recent: Mapping[str, Iterable[pb.Event]],
) -> list[pb.Viewer]:
    known = [pb.Viewer(user_id=user, recent=recent.get(user, ())) for user in users]
    return known + [pb.Viewer(anonymous=viewer) for viewer in anonymous]


def _answered(error: Any) -> bool:
    """Whether the server's service sent an error, and not gRPC in place of it."""
    return any(key == REQUEST_ID for key, _ in error.trailing_metadata() or ())
