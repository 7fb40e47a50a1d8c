"""A server over `run_dir`, and what tests need to know of the run."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from schemas import recommender_pb2 as pb
from schemas.artifacts import ROOT
from schemas.config import ServeConfig
from serving.bundle import Bundle, open_bundle
from serving.catalogue_log.sqlite import SqliteLog
from serving.client import Client
from serving.live_recommender import LiveRecommender
from serving.own_process import ANNOUNCEMENT
from serving.recommender import Recommender


@dataclass(frozen=True)
class RunningServer:
    """A server process.

    Attributes:
        process: The process; its stdout was read up to the announcement.
        target: `host:port`.
        log: What it writes to stderr.
    """

    process: subprocess.Popen[str]
    target: str
    log: Path


@contextmanager
def running_server(run: Path, log: Path, *arguments: str) -> Iterator[RunningServer]:
    """Starts `python -m serving` on a free port, and ends it."""
    command = [sys.executable, "-m", "serving", "--run", str(run), "--port", "0", *arguments]
    with log.open("w") as stderr:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=stderr, text=True
        )
    try:
        assert process.stdout is not None
        announced = process.stdout.readline().strip()
        assert announced.startswith(ANNOUNCEMENT), log.read_text()
        yield RunningServer(process, announced.removeprefix(ANNOUNCEMENT), log)
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="session")
def bundle(run_dir: Path) -> Bundle:
    return open_bundle(run_dir)


@pytest.fixture(scope="session")
def recommender(bundle: Bundle) -> Recommender:
    return Recommender(bundle, ServeConfig())


@pytest.fixture(scope="session")
def users(run_dir: Path) -> Sequence[str]:
    """User ids with a history, as the prepared data has them."""
    table = pq.read_table(run_dir / "prepared" / "latest" / "profiles.parquet")
    histories = zip(table["user_id"].to_pylist(), table["history_item_id"].to_pylist(), strict=True)
    return [user for user, history in histories if history]


@pytest.fixture(scope="session")
def seen(bundle: Bundle) -> Callable[[str], set[str]]:
    """Function: the item ids of a user's history."""
    return lambda user: {bundle.catalogue.item_ids[row] for row in bundle.profiles.get(user).rows}


@pytest.fixture(scope="session")
def server(run_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(run_dir, tmp_path_factory.mktemp("server") / "log") as running:
        yield running


@pytest.fixture(scope="session")
def client(server: RunningServer) -> Iterator[Client]:
    with Client(server.target, deadline_seconds=30) as connected:
        yield connected


@pytest.fixture(scope="session")
def as_anonymous(bundle: Bundle):
    """Function: a known user's history and features as an anonymous viewer."""

    def convert(user: str) -> pb.AnonymousViewer:
        profile = bundle.profiles.get(user)
        assert profile is not None
        events = []
        for row, rating, timestamp in zip(
            profile.rows, profile.ratings, profile.timestamps, strict=True
        ):
            event = pb.Event(item_id=bundle.catalogue.item_ids[row], timestamp=timestamp)
            if rating == rating:  # not NaN
                event.rating = rating
            events.append(event)
        features = {
            name: str(value)
            for name, value in profile.features.items()
            if value == value and value != ""
        }
        return pb.AnonymousViewer(events=events, features=features)

    return convert


@pytest.fixture
def log(tmp_path: Path) -> SqliteLog:
    """Of the changes of a catalogue."""
    return SqliteLog(tmp_path / "catalogue.sqlite")


@pytest.fixture
def serve(bundle: Bundle, log: SqliteLog) -> Callable[..., LiveRecommender]:
    """Function: a worker that goes by the log."""

    def start(served: Bundle = bundle, config: ServeConfig | None = None) -> LiveRecommender:
        return LiveRecommender(
            served, log, lambda state: Recommender(state, config or ServeConfig())
        )

    return start


@pytest.fixture
def live(serve: Callable[..., LiveRecommender]) -> LiveRecommender:
    """One such worker."""
    return serve()
