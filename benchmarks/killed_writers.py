"""Processes that record events until they are killed, and what they leave in the store.

`python -m benchmarks.killed_writers PROFILES RUN NAME` is such a process. It says `started`, and
after each append that returned the number of the batch.
"""

from __future__ import annotations

import argparse
import itertools
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from schemas.artifacts import ROOT
from serving.event_store.choose import open_store
from serving.event_store.store import Events, EventStore

BATCH = 50
"""Events of a batch; each is of another item, so that a batch in pieces is seen."""

STARTED = "started"
WRITERS = 2


@dataclass(frozen=True)
class Loss:
    """What a kill left.

    Attributes:
        acknowledged: Batches whose append had returned.
        lost: Those of them that are not whole in the store.
        torn: Batches of which some events are there and others not.
        unasked: Whole batches that are there although their append had not returned.
    """

    acknowledged: int
    lost: int
    torn: int
    unasked: int


def kill_writers(profiles: str, run: Path, name: str, after_seconds: float) -> Loss:
    """Starts writers at once on one store, kills them with SIGKILL and looks what is there.

    Args:
        profiles: As `serve.profiles`.
        run: As `open_store` takes it.
        name: Unlike that of any other call on the store.
        after_seconds: How long they all may write.
    """
    names = [f"{name}-{number}" for number in range(WRITERS)]
    writers = [_started(profiles, run, writer) for writer in names]
    for writer in writers:
        if writer.stdout is None or writer.stdout.readline().strip() != STARTED:
            raise RuntimeError(f"a writer of {profiles} ended before it wrote")
    time.sleep(after_seconds)
    for writer in writers:
        writer.kill()
    acknowledged = [len(writer.communicate()[0].splitlines()) for writer in writers]
    store = open_store(profiles, run)
    try:
        losses = [_loss(store, *found) for found in zip(names, acknowledged, strict=True)]
    finally:
        store.close()
    return Loss(
        acknowledged=sum(acknowledged),
        lost=sum(loss.lost for loss in losses),
        torn=sum(loss.torn for loss in losses),
        unasked=sum(loss.unasked for loss in losses),
    )


def batch(name: str, number: int) -> Events:
    """A writer's events; the user is the batch, so that a batch is read as a history."""
    return Events(
        event_ids=[f"{name}-{number}-{at}" for at in range(BATCH)],
        user_ids=[_user(name, number)] * BATCH,
        item_ids=[f"i{at}" for at in range(BATCH)],
        ratings=np.full(BATCH, 3, np.float32),
        timestamps=np.arange(1, BATCH + 1),
    )


def _user(name: str, number: int) -> str:
    return f"{name}-{number}"


def _started(profiles: str, run: Path, name: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "benchmarks.killed_writers", profiles, str(run), name]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def _loss(store: EventStore, name: str, acknowledged: int) -> Loss:
    """Of one writer. Beyond what it said, at most the batch at hand can be there."""
    users = [_user(name, number) for number in range(acknowledged + 2)]
    kept = np.array([len(history) for history in _read(store, users)])
    return Loss(
        acknowledged=acknowledged,
        lost=int((kept[:acknowledged] != BATCH).sum()),
        torn=int(((kept != BATCH) & (kept != 0)).sum()),
        unasked=int((kept[acknowledged:] == BATCH).sum()),
    )


def _read(store: EventStore, users: Sequence[str]) -> list[Sequence[str]]:
    return [history.item_ids for history in store.read(users, BATCH + 1)]


def _write_until_killed(profiles: str, run: Path, name: str) -> None:
    store = open_store(profiles, run)
    print(STARTED, flush=True)
    for number in itertools.count():
        store.append(batch(name, number))
        print(number, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.killed_writers")
    for argument in ("profiles", "run", "name"):
        parser.add_argument(argument)
    given = parser.parse_args()
    _write_until_killed(given.profiles, Path(given.run), given.name)
