"""`python -m benchmarks.engines`: the same preparation on each engine, timed and compared.

Each engine prepares a tiny data set first, which takes nearly nothing but starting it, and then the
real one. Flink's and Prism's own processes are up before their clocks start.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.results import write_result
from schemas.artifacts import Artifact
from tests.flink import engines
from tests.flink.cluster import PARALLELISM, SETTINGS, SLOTS, TASK_MANAGERS, Cluster
from tests.flink.compare import differences
from tests.flink.kills import kill_in_each_job

USERS, ITEMS, EVENTS, SEED = 6_000, 3_700, 1_000_000, 1
"""The size of ml-1m."""
FEW = {"users": 60, "items": 40, "events": 400}
LOCAL = "local"
KILLED_AT = (0.4, 0.4)
"""Of each job, the share of its tasks that are done when one of its task managers is killed."""


@dataclass
class Bench:
    """Runs engines in a scratch directory and keeps their figures.

    Attributes:
        directory: Scratch directory.
        few: A tiny data set.
        many: The data set that is measured.
        figures: Engine to its figures.
    """

    directory: Path
    few: Artifact
    many: Artifact
    figures: dict[str, dict[str, float]] = field(default_factory=dict)

    def run(self, engine: str, beam_args: Sequence[str] = ()) -> None:
        """Times both data sets on an engine; the first engine is what the others must equal."""
        _, start = engines.prepare(self.few, self.directory / f"{engine}-few", beam_args)
        prepared, wall = engines.prepare(self.many, self.directory / engine, beam_args)
        self.keep(engine, prepared, wall_s=wall, start_s=start)

    def run_killed(self, engine: str, cluster: Cluster) -> None:
        """Times the data set on Flink while a task manager is killed in each of its jobs."""
        out, before, started = self.directory / engine, len(cluster.jobs()), time.perf_counter()
        with engines.preparing(self.many, out, cluster.beam_args) as process:
            kill_in_each_job(cluster, process, before, KILLED_AT)
            prepared = engines.finished(process, out)
        wall = time.perf_counter() - started
        restarted = sum(restarted for _, restarted in cluster.ends(before))
        self.keep(engine, prepared, wall_s=wall, restarted_jobs=restarted)

    def keep(self, engine: str, prepared: Artifact, **figures: float) -> None:
        """Rounds an engine's figures and adds whether its output equals the local run's."""
        found = {name: round(value, 1) for name, value in figures.items()}
        if engine != LOCAL:
            differing = differences((self.directory / LOCAL / "latest").resolve(), prepared.path)
            print(*differing, sep="\n", end="\n" if differing else "")
            found["equal"] = int(not differing)
        self.figures[engine] = found
        print(engine, found, flush=True)


def main() -> None:
    """Measures every engine and writes the result."""
    with tempfile.TemporaryDirectory() as temporary:
        directory = Path(temporary)
        for name in ("few", "many", "flink"):
            (directory / f"{name}-files").mkdir()
        few = engines.write_data(directory / "few-files", seed=SEED, **FEW)
        many = engines.write_data(directory / "many-files", USERS, ITEMS, EVENTS, SEED)
        bench = Bench(directory, few, many)
        bench.run(LOCAL)
        bench.run("multi_processing", engines.MULTI_PROCESSING)
        with engines.prism_server(directory) as beam_args:
            bench.run("prism", beam_args)
        started = time.perf_counter()
        with Cluster(directory / "flink-files") as cluster:
            up = time.perf_counter() - started
            bench.run("flink", cluster.beam_args)
            bench.figures["flink"]["cluster_start_s"] = round(up, 1)
            bench.run_killed("flink_task_managers_killed", cluster)
        _write(bench)


def _write(bench: Bench) -> None:
    config = {
        **{"users": USERS, "items": ITEMS, "shards": engines.SHARDS, "start": FEW},
        "multi_processing": list(engines.MULTI_PROCESSING),
        "flink": {
            "task_managers": TASK_MANAGERS,
            "slots": SLOTS,
            "parallelism": PARALLELISM,
            "restart_strategy": SETTINGS["restart-strategy"],
            "killed_at": KILLED_AT,
        },
    }
    rows = (bench.many.path / "ratings.dat").read_bytes().count(b"\n")
    data = {"name": "generated", "rows": rows, "sha256": bench.many.manifest["files"]}
    figures = bench.figures.pop(LOCAL)
    print(write_result("engines", data, SEED, config, figures, bench.figures))


if __name__ == "__main__":
    main()
