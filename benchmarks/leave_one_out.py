"""Retrieval alone by leave-one-out, trained with several seeds, as a result of docs/results/."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from benchmarks.results import RESULTS, described, write_result
from benchmarks.retrieval_metrics import flat, gains, line, measure_retrieval, ranking_models
from commands.stages import Stages
from schemas.artifacts import Artifact, write_json
from schemas.config import Config

MEANS = ("hr@10", "ndcg@10", "hr@50", "hr@200")
LOGS = ("candidate_model.jsonl", "final_model.jsonl")
SEED = "seed_"


def run(name: str, source: Artifact, config: Config, seeds: Sequence[int], runs: Path) -> Path:
    """Prepares, trains once with each seed, measures on the test events and writes the result.

    What was prepared or trained before with the same settings is taken as it is, and a training
    that was killed goes on, so that the seeds need not all come from one call.

    Args:
        name: Of the data.
        source: The data.
        config: Settings; its seed of retrieval is replaced.
        seeds: Of training.
        runs: Directory of the artefacts.

    Returns:
        The file `docs/results/retrieval-<name>.json`; beside it, `<name>/` has a directory for each
        seed with what it took and reached and the log of its epochs.
    """
    prepared = Stages(runs, config).prepare(source, [])
    trained = {}
    for seed in seeds:
        retrieval = dataclasses.replace(config.retrieval, seed=seed)
        stages = Stages(runs, dataclasses.replace(config, retrieval=retrieval))
        trained[f"{SEED}{seed}"] = stages.train_retrieval()
    metrics = measure_retrieval(prepared, trained, config.evaluate)
    for model in ranking_models(metrics):
        print(f"{name}: {line(metrics, model)}")
    peers = {m: flat(metrics, m) for m in ranking_models(metrics) if m not in trained}
    data = described(source, prepared)
    settings: dict[str, Any] = {
        stage: dataclasses.asdict(getattr(config, stage)) for stage in ("prepare", "retrieval")
    }
    settings |= {"seeds": list(seeds), "split": prepared.figures["split"]}
    figures = summary(metrics, trained) | gains(metrics)
    shutil.rmtree(RESULTS / name, ignore_errors=True)  # of seeds that are no part of this result
    for model, artifact in trained.items():
        keep_log(RESULTS / name / model, artifact, metrics[model])
    return write_result(f"retrieval-{name}", data, seeds[0], settings, figures, peers)


def summary(
    metrics: Mapping[str, Mapping[str, Any]], trained: Mapping[str, Artifact]
) -> dict[str, float]:
    """Mean and deviation over the seeds, then all figures of each seed."""
    figures: dict[str, float] = {"targets": metrics["protocol"]["targets"]}
    for figure in MEANS:
        values = [metrics[model][figure] for model in trained]
        figures[figure] = round(mean(values), 4)
        if len(values) > 1:
            figures[f"{figure}_deviation"] = round(stdev(values), 4)
    figures["train_s"] = round(mean(train_s(artifact) for artifact in trained.values()), 1)
    for model, artifact in trained.items():
        own = flat(metrics, model) | {"train_s": train_s(artifact)}
        own |= {"epochs": artifact.figures["epochs"], "parameters": artifact.figures["parameters"]}
        figures |= {f"{model}_{figure}": value for figure, value in own.items()}
    return figures


def train_s(retrieval: Artifact) -> float:
    """Seconds of all training steps, whether or not the training was killed on the way."""
    logs = [(retrieval.path / "log" / log).read_text().splitlines() for log in LOGS]
    return round(sum(json.loads(line)["seconds"] for lines in logs for line in lines), 1)


def keep_log(directory: Path, retrieval: Artifact, metrics: Mapping[str, Any]) -> None:
    """What a training took and reached, for people who want to compare their own with it."""
    directory.mkdir(parents=True)
    for log in LOGS:
        shutil.copyfile(retrieval.path / "log" / log, directory / log)
    write_json(directory / "config.json", retrieval.manifest["config"])
    took = {"train_s": train_s(retrieval)} | dict(retrieval.figures)
    write_json(directory / "metrics.json", dict(metrics) | took)
