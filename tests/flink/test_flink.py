"""Preparation on a real Flink cluster gives what the local run gives, whole or broken."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from schemas.artifacts import Artifact
from tests.flink.cluster import TASK_MANAGERS, Cluster
from tests.flink.compare import differences
from tests.flink.engines import LIMIT_SECONDS, finished, prepare, preparing, write_data
from tests.flink.processes import group_of, wait_for

pytestmark = pytest.mark.flink

USERS, ITEMS, EVENTS, SEED = 6_000, 3_700, 1_000_000, 1
"""The size of ml-1m, whose ratings are read in two blocks."""
JOBS = ("collect", "transform")
"""The Beam jobs of one preparation, in order."""
MIDDLE = 0.4
"""Share of a job's tasks that are done when its task manager is killed."""


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
    # Both task managers had work: each has a Python worker of its own.
    assert all(len(group_of(process)) > 1 for process in cluster.task_managers)


def test_killed_task_managers_lose_and_double_nothing(
    data: Artifact, local: Artifact, cluster: Cluster, tmp_path: Path
) -> None:
    before = len(cluster.jobs())
    with preparing(data, tmp_path / "prepared", cluster.beam_args) as process:
        for number, job in enumerate(JOBS):
            wait_for(
                partial(_in_the_middle, cluster, before + number),
                f"the middle of the {job} job",
                LIMIT_SECONDS,
                [process],
            )
            victim = cluster.task_managers[-1]
            assert len(group_of(victim)) > 1  # it has a Python worker: it is at work
            os.kill(victim.pid, signal.SIGKILL)
            cluster.add_task_manager()
        found = finished(process, tmp_path / "prepared")
    jobs = [cluster.ask(f"jobs/{job['jid']}") for job in cluster.jobs()[before:]]
    assert [job["state"] for job in jobs] == ["FINISHED"] * len(JOBS)
    assert all(job["timestamps"]["RESTARTING"] > 0 for job in jobs)
    assert differences(local.path, found.path) == []


def test_nothing_is_left_of_a_cluster(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), Cluster(tmp_path) as short:
        processes = list(short.processes)
        raise KeyboardInterrupt
    assert len(processes) == 2 + TASK_MANAGERS
    assert [group_of(process) for process in processes] == [[]] * len(processes)
    assert short.listening() == []


def _in_the_middle(cluster: Cluster, number: int) -> bool:
    """Whether the cluster's job of that number is running and far enough."""
    jobs = cluster.jobs()
    if len(jobs) <= number:
        return False
    tasks = jobs[number]["tasks"]
    return jobs[number]["state"] == "RUNNING" and tasks["finished"] >= MIDDLE * tasks["total"]
