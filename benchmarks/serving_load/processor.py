"""Processor time: of a server's processes, and of each stage of the request path."""

from __future__ import annotations

import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from schemas import recommender_pb2 as pb
from schemas.config import ServeConfig
from serving.bundle import open_bundle
from serving.event_store.sqlite import SqliteEvents
from serving.in_process import InProcess
from serving.recommender import Recommender

WARM_REQUESTS = 50
USER, SYSTEM = 11, 12
"""Places in /proc/PID/stat behind the program's name: ticks in user mode and in the kernel."""


def used_seconds(pid: int) -> float:
    """Processor seconds of a process and of its children that run."""
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own = (int(stat[USER]) + int(stat[SYSTEM])) / os.sysconf("SC_CLK_TCK")
    tasks = Path(f"/proc/{pid}/task").iterdir()
    children = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    return own + sum(map(used_seconds, children))


def stage_milliseconds(*, run: str, viewers: Sequence[Sequence[str]]) -> dict[str, float]:
    """Processor milliseconds of all threads per request and stage, one request at a time.

    The request path runs in this process, over a store of events with nothing in it; what is left
    of a request, mostly reading it and the pages, is `other`, and of gRPC nothing is in it.

    Args:
        run: A finished run.
        viewers: User ids of each request.
    """
    with tempfile.TemporaryDirectory() as state:
        store = SqliteEvents(Path(state) / "events")
        bundle = open_bundle(Path(run), InProcess())
        path = Recommender(bundle, ServeConfig(), store, clock=time.process_time)
        found = _used(path, viewers)
        store.close()
    return found


def _used(recommender: Recommender, viewers: Sequence[Sequence[str]]) -> dict[str, float]:
    requests = [
        pb.RecommendRequest(viewers=[pb.Viewer(user_id=user) for user in users], k=10)
        for users in viewers
    ]
    for request in requests[:WARM_REQUESTS]:
        recommender.recommend(request, "warm")
    used: defaultdict[str, float] = defaultdict(float)
    started = time.process_time()
    for request in requests:
        for report in recommender.recommend(request, "benchmark").stages:
            used[report.stage] += report.milliseconds
    total = 1e3 * (time.process_time() - started)
    used["other"] = total - sum(used.values())
    return {stage: value / len(requests) for stage, value in used.items()}
