"""`python -m benchmarks.ties`: how far leave-one-out figures depend on the order of tied events.

Retrieval alone and the baselines on ml-100k, in the order of the file and under random orders of
the events of a user that share a second, each fitted anew on each order.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from benchmarks.results import described, write_result
from benchmarks.retrieval_metrics import measure_retrieval, ranking_models
from commands.stages import Stages, fetch_dataset
from evaluation.requests import read_requests
from schemas.artifacts import Artifact
from schemas.columns import TARGET_TIMESTAMP
from schemas.config import Config, PrepareConfig

DATASET = "ml-100k"
SEEDS = (1, 2, 3, 4, 5)
FIGURES = ("hr@10", "ndcg@10", "hr@200")
OURS = "retrieval"


def main() -> None:
    """Prepares the data and trains once for each order, and writes the result."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ties", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("data"), help="of fetched datasets")
    parser.add_argument("--run", type=Path, default=Path("runs/ties"))
    arguments = parser.parse_args()
    source = fetch_dataset(DATASET, arguments.data)
    of_seed = {}
    for seed in (0, *SEEDS):
        stages = Stages(arguments.run, Config(prepare=PrepareConfig(tie_seed=seed)))
        prepared = stages.prepare(source, [])
        trained = {OURS: stages.train_retrieval()}
        metrics = measure_retrieval(prepared, trained, stages.config.evaluate)
        of_seed[seed] = {model: metrics[model] for model in ranking_models(metrics)}
        if not seed:
            share = tied_share(prepared)
    found = {
        model: {
            f"{figure}_{name}": round(value, 4)
            for figure in FIGURES
            for name, value in spread([of_seed[seed][model][figure] for seed in of_seed]).items()
        }
        for model in of_seed[0]
    }
    for model, values in found.items():
        print(f"{model}: " + ", ".join(f"{name} {value:.4f}" for name, value in values.items()))
    data = described(source, prepared)
    config = {"prepare": asdict(PrepareConfig()), "tie_seeds": [*SEEDS]}
    config |= {"retrieval": asdict(Config().retrieval)}
    figures = {"tied_share": share} | found.pop(OURS)
    print(write_result("ties", data, SEEDS[0], config, figures, found))


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
