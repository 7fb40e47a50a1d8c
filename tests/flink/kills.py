"""Task managers killed while they work."""

from __future__ import annotations

import os
import signal
import subprocess
from functools import partial

from tests.flink.cluster import Cluster
from tests.flink.engines import LIMIT_SECONDS
from tests.flink.processes import group_of, wait_for

JOBS = ("collect", "transform")
"""The Beam jobs of one preparation, in order."""


def kill_in_each_job(
    cluster: Cluster, preparation: subprocess.Popen[bytes], before: int, shares: tuple[float, ...]
) -> None:
    """Kills a task manager in each job of a preparation, and starts another.

    Args:
        cluster: Where it runs; the task manager that was started last is killed.
        preparation: The process that submits the jobs.
        before: Jobs that the cluster had had when it started.
        shares: Of each job, the share of its tasks that are done when it happens.
    """
    for number, (job, share) in enumerate(zip(JOBS, shares, strict=True)):
        reached = partial(_reached, cluster, before + number, share)
        wait_for(reached, f"{share:.0%} of the {job} job", LIMIT_SECONDS, [preparation])
        victim = cluster.task_managers[-1]
        if len(group_of(victim)) < 2:
            raise RuntimeError(f"{job}: expected a Python worker of the task manager, found none")
        os.kill(victim.pid, signal.SIGKILL)
        cluster.add_task_manager()


def _reached(cluster: Cluster, number: int, share: float) -> bool:
    """Whether the cluster's job of that number is running and far enough."""
    jobs = cluster.jobs()
    if len(jobs) <= number:
        return False
    tasks = jobs[number]["tasks"]
    return jobs[number]["state"] == "RUNNING" and tasks["finished"] >= share * tasks["total"]
