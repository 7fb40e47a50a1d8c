"""A client that asks at a fixed rate, whatever the server does.

Requests are due at times fixed before, and a latency is counted from then, so that what waits
behind a slow answer counts as slow too (Tene 2013, "How NOT to measure latency").
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import grpc

from schemas import recommender_pb2 as pb
from schemas import recommender_pb2_grpc

OPTIONS = [("grpc.use_local_subchannel_pool", 1)]
"""A connection for each channel."""


@dataclass
class Answers:
    """What became of the requests, in the order in which they ended.

    Attributes:
        due: When each was due, on the monotonic clock.
        milliseconds: From then to its end.
        codes: gRPC statuses.
        versions: Of the models and the index that answered; "" where none did.
    """

    due: list[float] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    versions: list[str] = field(default_factory=list)


async def ask(
    target: str,
    users: Sequence[str],
    rate: float,
    connections: int,
    stop: asyncio.Event,
    deadline_seconds: float = 10.0,
) -> Answers:
    """Asks for lists of single viewers until it is stopped.

    Args:
        target: `host:port`.
        users: Asked for in turn.
        rate: Requests a second.
        connections: Which take turns.
        stop: Ends it.
        deadline_seconds: Of each request.
    """
    answers = Answers()
    channels = [grpc.aio.insecure_channel(target, OPTIONS) for _ in range(connections)]
    stubs = itertools.cycle([recommender_pb2_grpc.RecommenderStub(each) for each in channels])
    running: set[asyncio.Task[None]] = set()
    due = time.monotonic()
    for user in itertools.cycle(users):
        if stop.is_set():
            break
        request = pb.RecommendRequest(viewers=[pb.Viewer(user_id=user)], k=10)
        call = next(stubs).Recommend(request, timeout=deadline_seconds)
        task = asyncio.create_task(_ended(call, due, answers))
        running.add(task)
        task.add_done_callback(running.discard)
        due += 1 / rate
        await asyncio.sleep(max(0.0, due - time.monotonic()))
    await asyncio.gather(*running)
    for channel in channels:
        await channel.close(None)
    return answers


async def _ended(call: grpc.aio.UnaryUnaryCall, due: float, answers: Answers) -> None:
    code, versions = "OK", ""
    try:
        found = (await call).versions
        versions = f"{found.retrieval} {found.index} {found.ranking}"
    except grpc.aio.AioRpcError as error:
        code = error.code().name
    answers.due.append(due)
    answers.milliseconds.append((time.monotonic() - due) * 1e3)
    answers.codes.append(code)
    answers.versions.append(versions)
