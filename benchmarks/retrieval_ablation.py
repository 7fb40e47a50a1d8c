"""`python -m benchmarks.retrieval_ablation`: what each part of the retrieval model is worth.

Every variant differs from the default settings in one thing and is fitted once with each seed, on
all but the tail of each history. Its figure is the best epoch's NDCG@10 on the tails, that is on
validation events: variants are chosen by it, and the test events are not looked at. A fit that was
done, or killed, before is gone on with from `--runs`.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from benchmarks.fits import fit_directory
from benchmarks.results import write_result
from commands.stages import Stages, fetch_dataset
from schemas.artifacts import Artifact, write_json
from schemas.config import Config, RetrievalConfig
from schemas.prepared import load_histories
from towers.fitting import fit
from towers.optimizer import Schedule
from towers.tail import TailScorer, hold_back
from towers.train import new_model
from towers.training.devices import training_scope
from towers.training.epoch_log import EpochLog

DATASET = "ml-100k"
DEFAULT = "default"
VARIANTS: dict[str, dict[str, Any]] = {
    DEFAULT: {},
    "encoder_mean": {"encoder": "mean"},
    "encoder_gru": {"encoder": "gru"},
    "encoder_cnn": {"encoder": "cnn", "blocks": 4},
    "one_block": {"blocks": 1},
    "three_blocks": {"blocks": 3},
    "relative_positions": {"positions": "relative"},
    "time_bias": {"time_bias": True},
    "gated": {"gated": True},
    "successors_1": {"successors": 1},
    "successors_5": {"successors": 5},
    "temperature_0.05": {"temperature": 0.05},
    "sampled_256": {"loss": "sampled_softmax", "negatives": 256},
    "sampled_256_by_frequency": {
        "loss": "sampled_softmax",
        "negatives": 256,
        "uniform_share": 0.01,
    },
    "seen_as_negatives": {"mask_seen": False},
    "without_item_content": {"item_content": False},
    "item_id_dropout_0.1": {"item_id_dropout": 0.1},
    "dropout_0.4": {"dropout": 0.4},
    "learning_rate_0.004": {"learning_rate": 0.004},
    "weight_decay_0.1": {"weight_decay": 0.1},
    "embedding_dim_128": {"embedding_dim": 128},
}


def main() -> None:
    """Fits what is missing, prints the table and writes the result."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.retrieval_ablation", description=__doc__
    )
    parser.add_argument("--dataset", default=DATASET)
    parser.add_argument("--data", type=Path, default=Path("data"), help="of fetched datasets")
    parser.add_argument("--runs", type=Path, default=Path("runs/ablation"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--variants", nargs="+", choices=[*VARIANTS], default=[*VARIANTS])
    arguments = parser.parse_args()
    stages = Stages(arguments.runs, Config())
    source = fetch_dataset(arguments.dataset, arguments.data)
    prepared = stages.prepare(source, [])
    found: dict[str, list[dict[str, float]]] = {name: [] for name in arguments.variants}
    for seed in arguments.seeds:
        for name in arguments.variants:
            config = replace(RetrievalConfig(), seed=seed, **VARIANTS[name])
            directory = fit_directory(arguments.runs / "fits", prepared, config, {})
            figures = fitted(prepared, config, directory)
            found[name].append(figures)
            print(f"seed {seed}, {name}: {figures}", flush=True)
    figures = summary(found)
    for figure, value in figures.items():
        print(f"{figure}: {value}")
    data = {
        "name": arguments.dataset,
        "rows": prepared.figures["rows"]["accepted"],
        "sha256": source.manifest["files"],
    }
    config = {
        "seeds": arguments.seeds,
        "variants": {name: VARIANTS[name] for name in arguments.variants},
        "retrieval": asdict(RetrievalConfig()),
    }
    suffix = "" if arguments.dataset == DATASET else f"-{arguments.dataset}"
    print(
        write_result(f"retrieval-ablation{suffix}", data, arguments.seeds[0], config, figures, {})
    )


def fitted(prepared: Artifact, config: RetrievalConfig, directory: Path) -> dict[str, float]:
    """The figures of one fit, from its directory if it was done before."""
    done = directory / "figures.json"
    if done.exists():
        return dict(json.loads(done.read_text()))
    started = time.perf_counter()
    with (
        training_scope(config.devices, config.precision, config.batch_size),
        EpochLog(directory, "fit") as log,
    ):
        tail = hold_back(load_histories(prepared, "fit"), config)
        model = new_model(prepared, tail.kept, config)
        scorer = TailScorer(model, tail, config.history_len)
        checkpoint = directory / "fit.npz"
        schedule = Schedule(config.epochs, config.learning_rate, config.warmup_steps)
        epochs = fit(model, tail.kept, config, schedule, log, checkpoint, _silent, scorer)
        figures = {
            "ndcg@10": round(scorer.ndcg(), 5),
            "epochs": epochs,
            "fit_s": round(time.perf_counter() - started, 1),
            "parameters": model.count_params(),
        }
    write_json(done, figures)
    checkpoint.unlink()
    return figures


def summary(found: Mapping[str, list[dict[str, float]]]) -> dict[str, float]:
    """Mean and deviation of each variant over the seeds, and the difference to the default."""
    figures: dict[str, float] = {}
    for name, fits in found.items():
        values = [one["ndcg@10"] for one in fits]
        figures[f"{name}_validation_ndcg@10"] = round(mean(values), 4)
        if len(values) > 1:
            figures[f"{name}_validation_ndcg@10_deviation"] = round(stdev(values), 4)
        if name != DEFAULT and DEFAULT in found:
            pairs = zip(values, (one["ndcg@10"] for one in found[DEFAULT]), strict=True)
            differences = [own - default for own, default in pairs]
            figures[f"{name}_minus_default"] = round(mean(differences), 4)
        figures[f"{name}_fit_s"] = round(mean(one["fit_s"] for one in fits), 1)
        figures[f"{name}_parameters"] = fits[0]["parameters"]
    return figures


def _silent(text: str, done: int, total: int) -> None:
    """The fits of an ablation tell of themselves when they are done."""


if __name__ == "__main__":
    main()
