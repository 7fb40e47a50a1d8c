"""Preparation on a real Flink cluster gives what the local run gives, whole or broken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.artifacts import Artifact
from tests.flink.cluster import TASK_MANAGERS, Cluster
from tests.flink.compare import differences
from tests.flink.engines import (
    EVERYTHING,
    finished,
    prepare,
    preparing,
    write_data,
    write_rich_data,
)
from tests.flink.kills import JOBS, kill_in_each_job
from tests.flink.processes import group_of

pytestmark = pytest.mark.flink

USERS, ITEMS, EVENTS, SEED = 6_000, 3_700, 1_000_000, 1
"""The size of ml-1m, whose ratings are read in two blocks."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    return write_data(tmp_path_factory.mktemp("data"), USERS, ITEMS, EVENTS, SEED)


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory, data: Artifact) -> Artifact:
    return prepare(data, tmp_path_factory.mktemp("local") / "prepared")[0]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


def test_equal_to_the_local_run(
    data: Artifact, local: Artifact, cluster: Cluster, tmp_path: Path
) -> None:
    assert local.figures["rows"]["rejected"] > 0
    found, _ = prepare(data, tmp_path / "prepared", cluster.beam_args)
    assert differences(local.path, found.path) == []
    logs = sorted(cluster.directory.glob("task-manager-*.log"))
    # Both task managers had a Python worker of their own.
    assert ["Control client connected" in log.read_text() for log in logs] == [True, True]


def test_every_task_and_kind_of_feature(cluster: Cluster, tmp_path: Path) -> None:
    data = write_rich_data(tmp_path, users=300, items=200, events=8_000, seed=SEED)
    local, _ = prepare(data, tmp_path / "local", (), EVERYTHING)
    found, _ = prepare(data, tmp_path / "prepared", cluster.beam_args, EVERYTHING)
    assert min(local.figures["examples"].values()) > 0
    assert differences(local.path, found.path) == []


@pytest.mark.parametrize("shares", [(0.4, 0.4), (0.5, 0.9)], ids=["half way", "near the end"])
def test_killed_task_managers_lose_and_double_nothing(
    data: Artifact, local: Artifact, cluster: Cluster, tmp_path: Path, shares: tuple[float, ...]
) -> None:
    before = len(cluster.jobs())
    with preparing(data, tmp_path / "prepared", cluster.beam_args) as process:
        kill_in_each_job(cluster, process, before, shares)
        found = finished(process, tmp_path / "prepared")
    assert cluster.ends(before) == [("FINISHED", True)] * len(JOBS)
    assert differences(local.path, found.path) == []


def test_nothing_is_left_of_a_cluster(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), Cluster(tmp_path) as short:
        processes = list(short.processes)
        raise KeyboardInterrupt
    assert len(processes) == 2 + TASK_MANAGERS
    assert [group_of(process) for process in processes] == [[]] * len(processes)
    assert short.listening() == []
