"""Servers of a run that are killed while a client records, and what they had acknowledged."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import grpc

from benchmarks.own_server import server
from schemas import recommender_pb2 as pb
from serving.client import Client, ClientError

CALL_EVENTS = 1_500
"""Events of a call: some batches."""


@dataclass(frozen=True)
class Killed:
    """One life of a server.

    Attributes:
        acknowledged: Events of calls that were answered.
        lost: Those of them that were not there after the next start.
        code: gRPC status of the call that was cut off.
        start_seconds: From the start of the process after it until that was ready.
    """

    acknowledged: int
    lost: int
    code: str
    start_seconds: float


def kill_servers(run: Path, profiles: str, after_seconds: Sequence[float]) -> list[Killed]:
    """Kills a server after each of some times of recording, and asks the next one what is there.

    Args:
        run: A finished run.
        profiles: As `serve.profiles`, a store of this call alone.
        after_seconds: How long each server may go on after its first answer.
    """
    with server(run, "--profiles", "none") as (_, target), Client(target, 60) as client:
        item_ids = _item_ids(client)
    killed: list[Killed] = []
    before: tuple[list[list[pb.RecordEventsRequest]], str] | None = None
    for number, after in enumerate([*after_seconds, None]):
        started = time.monotonic()
        with server(run, "--profiles", profiles) as (pid, target), Client(target, 60) as client:
            ready = time.monotonic() - started
            if before is not None:
                calls, code = before
                lost = sum(client.record_events(call).recorded for call in calls)
                killed.append(Killed(sum(map(len, calls)), lost, code, ready))
            if after is not None:
                before = _record_until_killed(client, pid, f"life{number}", item_ids, after)
    return killed


def _record_until_killed(
    client: Client, pid: int, name: str, item_ids: Sequence[str], after_seconds: float
) -> tuple[list[list[pb.RecordEventsRequest]], str]:
    """The calls that were answered, at least one, and the status of the one that was not."""
    answered: list[list[pb.RecordEventsRequest]] = []
    killer = threading.Timer(after_seconds, os.kill, (pid, signal.SIGKILL))
    while True:
        call = [
            pb.RecordEventsRequest(
                event_id=f"{name}-{len(answered)}-{at}",
                user_id=f"user-{at % 10}",
                item_id=item_ids[at % len(item_ids)],
            )
            for at in range(CALL_EVENTS)
        ]
        try:
            client.record_events(call)
        except ClientError as error:
            if error.code is not grpc.StatusCode.UNAVAILABLE:
                raise
            killer.join()
            return answered, error.code.name
        if not answered:
            killer.start()
        answered.append(call)


def _item_ids(client: Client) -> list[str]:
    """Some of the catalogue."""
    popular = client.recommend(anonymous=[pb.AnonymousViewer()], k=20)
    return [recommendation.item.item_id for recommendation in popular.recommendations]
