"""`python -m benchmarks.ties`: how far leave-one-out figures depend on the order of tied events.

The baselines on ml-100k, in the order of the file and under random orders of the events of a user
that share a second.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from benchmarks.results import described, write_result
from commands.stages import Stages, fetch_dataset
from evaluation.histories import read_histories
from evaluation.requests import read_requests
from evaluation.suite import measure, rank_baselines
from schemas.artifacts import Artifact
from schemas.columns import TARGET_TIMESTAMP
from schemas.config import Config, EvaluateConfig, PrepareConfig

DATASET = "ml-100k"
SEEDS = (1, 2, 3, 4, 5)
FIGURES = ("hr@10", "ndcg@10", "hr@200")
CONFIG = EvaluateConfig()


def main() -> None:
    """Prepares the data once for each order, and writes the result."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ties", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("data"), help="of fetched datasets")
    parser.add_argument("--run", type=Path, default=Path("runs/ties"))
    arguments = parser.parse_args()
    source = fetch_dataset(DATASET, arguments.data)
    of_seed = {}
    for seed in (0, *SEEDS):
        stages = Stages(arguments.run, Config(prepare=PrepareConfig(tie_seed=seed)))
        prepared = stages.prepare(source, [])
        of_seed[seed] = figures_of(prepared)
        if not seed:
            figures = {"tied_share": tied_share(prepared)}
    peers = {
        model: {
            f"{figure}_{name}": round(value, 4)
            for figure in FIGURES
            for name, value in spread([of_seed[seed][model][figure] for seed in of_seed]).items()
        }
        for model in of_seed[0]
    }
    for model, values in peers.items():
        print(f"{model}: " + ", ".join(f"{name} {value:.4f}" for name, value in values.items()))
    data = described(source, prepared)
    config = {"prepare": asdict(PrepareConfig()), "tie_seeds": [*SEEDS]}
    print(write_result("ties", data, SEEDS[0], config, figures, peers))


def figures_of(prepared: Artifact) -> dict[str, dict[str, float]]:
    """Every baseline's figures on the test events."""
    requests = read_requests(prepared.path, "test")
    fitted = read_histories(prepared.path, "fit")
    lists = rank_baselines(requests, fitted, CONFIG)
    metrics = measure(lists, requests, fitted, None, CONFIG).metrics
    return {model: metrics[model] for model in lists}


def tied_share(prepared: Artifact) -> float:
    """Share of the users whose newest event before the target is of the target's second."""
    requests = read_requests(prepared.path, "test")
    newest = requests.history_timestamp[requests.indptr[1:] - 1]
    target = pq.read_table(prepared.path / "test.parquet", columns=[TARGET_TIMESTAMP])
    return round(float(np.mean(newest == target[TARGET_TIMESTAMP].to_numpy())), 4)


def spread(values: Sequence[float]) -> dict[str, float]:
    """The figure in the order of the file, and the mean and extremes of the random orders."""
    in_file, *shuffled = values
    return {
        "file": in_file,
        "mean": float(np.mean(shuffled)),
        "low": min(shuffled),
        "high": max(shuffled),
    }


if __name__ == "__main__":
    main()
