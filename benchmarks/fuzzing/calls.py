"""Hostile requests of every call of the service, and the status codes that came."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import grpc
import pyarrow.parquet as pq
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from benchmarks.fuzzing.messages import Known, messages
from schemas import columns
from schemas import recommender_pb2 as pb
from schemas.artifacts import Artifact

ANSWER_SECONDS = 60.0
"""A server that takes longer hangs: the largest of these requests takes some tenths."""

REFUSED = frozenset({grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN})
GONE = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED})
"""Codes that a server in good health gives to none of these requests."""

SERVICE = pb.DESCRIPTOR.services_by_name["Recommender"]


@dataclass
class Fuzzer:
    """Calls one server.

    Attributes:
        channel: To it.
        known: What it knows.
        counts: Method to status code to how often it came.
        failures: Method, code and message of what must not be.
    """

    channel: grpc.Channel
    known: Known
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    @property
    def requests(self) -> int:
        """All that were made."""
        return sum(count for codes in self.counts.values() for count in codes.values())

    def run(self, requests: int, first_seed: int) -> None:
        """Makes at least so many requests, the calls of the service in turn.

        Args:
            requests: How many.
            first_seed: Of what is drawn.
        """
        wanted, number = self.requests + requests, first_seed
        while (left := wanted - self.requests) > 0:
            for method in SERVICE.methods:
                # Of a message without fields there are few.
                count = -(-left // len(SERVICE.methods)) if method.input_type.fields else 4
                self._examples(method, count, number)
            number += 1

    def _examples(self, method: MethodDescriptor, count: int, number: int) -> None:
        drawn = messages(method.input_type, self.known)
        if method.client_streaming:
            asked: Any = st.lists(drawn, max_size=6)
        else:
            asked = drawn

        @seed(number)
        @settings(
            max_examples=count,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(asked)
        def call(request: Message | list[Message]) -> None:
            self._call(method, request)

        call()

    def _call(self, method: MethodDescriptor, request: Message | list[Message]) -> None:
        path = f"/{SERVICE.full_name}/{method.name}"
        if isinstance(request, list):
            multi = self.channel.stream_unary(path, _bytes, bytes)
            code, message = _outcome(multi, iter(request))
        else:
            code, message = _outcome(self.channel.unary_unary(path, _bytes, bytes), request)
        self.counts.setdefault(method.name, Counter())[code.name] += 1
        if code in REFUSED | GONE and len(self.failures) < 20:
            self.failures.append(f"{method.name}: {code.name}: {message}: {str(request)[:2_000]}")


def _outcome(call: Any, request: Any) -> tuple[grpc.StatusCode, str]:
    try:
        call(request, timeout=ANSWER_SECONDS)
    except grpc.RpcError as error:
        return error.code(), str(error.details())
    return grpc.StatusCode.OK, ""


def _bytes(message: Message) -> bytes:
    return message.SerializeToString()


def known_of(prepared: Artifact, info: pb.GetModelInfoResponse, tokens: Sequence[str]) -> Known:
    """What means something to a server of some data.

    Args:
        prepared: The data.
        info: What the server says of itself.
        tokens: Page tokens of it.
    """
    users = _some(prepared, "profiles.parquet", columns.USER_ID)
    items = [*_some(prepared, "catalogue.parquet", columns.ITEM_ID), *(f"n{at}" for at in range(9))]
    features = [*info.item_features, *info.user_features]
    return Known(
        {
            "user_id": users,
            **dict.fromkeys(("item_id", "item_ids", "exclude_item_ids", "allow_item_ids"), items),
            "feature": features,
            "event_id": [f"e{at}" for at in range(200)],
            "page_token": ["", *tokens, *(token[:-2] for token in tokens)],
            "values": ["Drama", "1990", "7.3", "1970-01-02T00:00:00Z", "A film"],
            "value": ["F", "35", "student"],
        }
    )


def _some(prepared: Artifact, name: str, column: str) -> list[str]:
    found: list[str] = pq.read_table(prepared.path / name, columns=[column])[column].to_pylist()
    return found[:40]
