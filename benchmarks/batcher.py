"""`python -m benchmarks.batcher RUN`: what merging concurrent calls of the models is worth.

Threads ask the request path in this process for lists of single viewers, each thread one after the
other, over models that merge nothing and over models that merge up to `--rows` rows. Both are
measured in turns, so that what else the machine does falls on both.
"""

from __future__ import annotations

import argparse
import itertools
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.as_a_worker import become_a_worker
from benchmarks.results import described_run, write_result
from benchmarks.viewers import users_with_history
from schemas import recommender_pb2 as pb
from schemas.artifacts import open_artifact
from schemas.config import ServeConfig
from serving.bundle import open_bundle
from serving.in_process import InProcess
from serving.recommender import Recommender

THREADS = [1, 2, 4, 8, 16]
ALONE, MERGED = "alone", "merged"
SEED = 1

Figures = dict[str, float]


def main() -> None:
    """Measures, prints and writes the result."""
    become_a_worker()
    parser = argparse.ArgumentParser(prog="python -m benchmarks.batcher", description=__doc__)
    parser.add_argument("run", type=Path, help="a finished run, such as runs/quickstart")
    parser.add_argument("--rows", type=int, default=16, help="most rows of a merged call")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each turn")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--threads", type=int, nargs="+", default=THREADS)
    arguments = parser.parse_args()
    config = ServeConfig()
    paths = {
        ALONE: Recommender(open_bundle(arguments.run, InProcess()), config),
        MERGED: Recommender(open_bundle(arguments.run, InProcess(arguments.rows)), config),
    }
    prepared = open_artifact(arguments.run / "prepared")
    users = users_with_history(arguments.run, SEED)
    for recommender in paths.values():
        recommender.warm_up()
        asked(recommender, users, max(arguments.threads), arguments.seconds)

    figures: Figures = {}
    for threads in arguments.threads:
        turns: dict[str, list[Figures]] = {ALONE: [], MERGED: []}
        for _, (way, recommender) in itertools.product(range(arguments.turns), paths.items()):
            turns[way].append(asked(recommender, users, threads, arguments.seconds))
        figures |= _figures(threads, turns)
        print(_line(threads, figures), flush=True)
    settings = {"candidates": config.candidates, "rows": arguments.rows}
    settings |= {"seconds": arguments.seconds, "turns": arguments.turns}
    data = described_run(prepared)
    print(write_result("batcher", data, SEED, settings, figures, {}))


def asked(recommender: Recommender, users: Sequence[str], threads: int, seconds: float) -> Figures:
    """Requests a second and their latency while so many threads ask."""
    ends = time.perf_counter() + seconds
    taken: list[list[float]] = [[] for _ in range(threads)]

    def ask(own: list[float], seed: int) -> None:
        order = np.random.default_rng([SEED, seed]).permutation(len(users))
        for at in itertools.cycle(order):
            started = time.perf_counter()
            if started >= ends:
                return
            viewers = [pb.Viewer(user_id=users[at])]
            recommender.recommend(pb.RecommendRequest(viewers=viewers, k=10), "benchmark")
            own.append(time.perf_counter() - started)

    started, cpu = time.perf_counter(), time.process_time()
    workers = [threading.Thread(target=ask, args=(own, at)) for at, own in enumerate(taken)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    wall, cpu = time.perf_counter() - started, time.process_time() - cpu
    each = np.concatenate(taken)
    return {
        "requests_per_s": len(each) / wall,
        "cpu_ms": 1e3 * cpu / len(each),
        "p50_ms": 1e3 * float(np.median(each)),
        "p99_ms": 1e3 * float(np.quantile(each, 0.99)),
    }


def _figures(threads: int, turns: Mapping[str, list[Figures]]) -> Figures:
    """Medians over the turns, and the median of the ratios of turns side by side."""
    figures = {
        f"threads_{threads}_{way}_{name}": round(float(np.median([t[name] for t in found])), 2)
        for way, found in turns.items()
        for name in found[0]
    }
    pairs = zip(turns[ALONE], turns[MERGED], strict=True)
    ratios = [merged["requests_per_s"] / alone["requests_per_s"] for alone, merged in pairs]
    figures[f"threads_{threads}_ratio"] = round(float(np.median(ratios)), 3)
    figures[f"threads_{threads}_lowest_ratio"] = round(min(ratios), 3)
    figures[f"threads_{threads}_highest_ratio"] = round(max(ratios), 3)
    return figures


def _line(threads: int, figures: Figures) -> str:
    found = {
        way: {
            name: figures[f"threads_{threads}_{way}_{name}"]
            for name in ("requests_per_s", "p50_ms", "p99_ms", "cpu_ms")
        }
        for way in (ALONE, MERGED)
    }
    ratio = figures[f"threads_{threads}_ratio"]
    return f"{threads:3} threads: merged / alone {ratio:.2f}  {found}"


if __name__ == "__main__":
    main()
