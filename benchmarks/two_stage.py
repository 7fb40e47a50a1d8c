"""Both stages by leave-one-out, with several seeds.

Rankers over one retrieval model that stays, which is what the figures of the file are of; and each
over a retrieval model of its own seed, whose gains stand beside them: what is an accident of one
retrieval model averages out there.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np

from benchmarks.results import described, write_result
from commands.stages import Stages
from evaluation.metrics.accuracy import NAMES, accuracy
from evaluation.per_request import LIST, read_per_request, targets_of
from evaluation.requests import lists_begin
from evaluation.resampling import bootstrap_intervals, by_user
from schemas.artifacts import Artifact
from schemas.columns import USER_ID
from schemas.config import Config, EvaluateConfig

MEANS = ("hr@10", "ndcg@10", "hr@50", "hr@200")
BASELINES = ("popularity", "recent_popularity", "markov", "ease", "ease_half_life")


def run(name: str, source: Artifact, config: Config, seeds: Sequence[int], runs: Path) -> Path:
    """Trains both stages with each seed, rankers over the first seed's retrieval too, and measures.

    What was prepared, trained or measured before with the same settings is taken as it is.

    Args:
        name: Of the data.
        source: The data.
        config: Settings; the seeds of both stages are replaced.
        seeds: Of the fits.
        runs: Directory of the artefacts.

    Returns:
        The file `docs/results/two-stage-<name>.json`.
    """
    prepared = Stages(runs, config).prepare(source, [])
    evaluated = {seed: fitted(runs, config, seeds[0], seed) for seed in seeds}
    own = [evaluated[seeds[0]], *(fitted(runs, config, seed, seed) for seed in seeds[1:])]
    metrics = {seed: evaluation.figures for seed, evaluation in evaluated.items()}
    one = metrics[seeds[0]]
    peers = {peer: dict(one[peer]) for peer in ("retrieval", *BASELINES) if peer in one}
    settings: dict[str, Any] = {
        stage: dataclasses.asdict(getattr(config, stage)) for stage in ("retrieval", "ranking")
    }
    settings |= {"seeds": list(seeds), "split": prepared.figures["split"]}
    figures = summary(metrics) | calibration_curve([*metrics.values()])
    figures |= gains([*evaluated.values()], config.evaluate)
    if len(own) > 1:
        of_own = gains(own, config.evaluate)
        figures |= {f"own_retrieval_{figure}": value for figure, value in of_own.items()}
    for figure, value in figures.items():
        print(f"{figure}: {value}")
    data = described(source, prepared)
    return write_result(f"two-stage-{name}", data, seeds[0], settings, figures, peers)


def fitted(runs: Path, config: Config, retrieval_seed: int, seed: int) -> Artifact:
    """The evaluation of a ranker over a retrieval model, trained if they are not there."""
    retrieval = dataclasses.replace(config.retrieval, seed=retrieval_seed)
    ranking = dataclasses.replace(config.ranking, seed=seed)
    stages = Stages(runs, dataclasses.replace(config, retrieval=retrieval, ranking=ranking))
    stages.train_retrieval()
    stages.index()
    stages.train_ranking()
    evaluation = stages.evaluate()
    found = {stage: evaluation.figures[stage]["ndcg@10"] for stage in ("retrieval", "two_stage")}
    print(f"retrieval {retrieval_seed}, ranker {seed}: ndcg@10 {found}", flush=True)
    return evaluation


def figures_of(metrics: Mapping[str, Any]) -> dict[str, float]:
    """What one ranker reached: accuracy of both stages and, where rated, errors of its ratings."""
    figures = {figure: metrics["two_stage"][figure] for figure in MEANS}
    for part in ("rating", "like", "pair"):
        found = metrics.get(part, {})
        figures |= {f"{part}_{n}": value for n, value in found.items() if n != "calibration"}
    for error in ("rmse", "mae"):
        if f"rating_bias_{error}" in figures:
            ratio = figures[f"rating_{error}"] / figures[f"rating_bias_{error}"]
            figures[f"rating_{error}_over_bias"] = ratio
    return figures


def summary(metrics: Mapping[int, Mapping[str, Any]]) -> dict[str, float]:
    """Mean and deviation of each figure over the seeds, then those of each seed."""
    of_seed = {seed: figures_of(found) for seed, found in metrics.items()}
    figures: dict[str, float] = {}
    for figure in next(iter(of_seed.values())):
        values = [found[figure] for found in of_seed.values()]
        figures[figure] = round(mean(values), 4)
        if len(values) > 1:
            figures[f"{figure}_deviation"] = round(stdev(values), 4)
    for seed, found in of_seed.items():
        figures |= {f"seed_{seed}_{figure}": round(value, 5) for figure, value in found.items()}
    return figures


def calibration_curve(metrics: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Of each group of predicted likes, from low to high: mean and what came; over the seeds."""
    curves = [found["like"]["calibration"] for found in metrics if "like" in found]
    figures = {}
    for group, of_seeds in enumerate(zip(*curves, strict=True), start=1):
        predicted, liked, _ = np.mean(of_seeds, axis=0).tolist()
        figures[f"like_calibration_{group}_predicted"] = round(predicted, 4)
        figures[f"like_calibration_{group}_liked"] = round(liked, 4)
    return figures


def gains(evaluations: Sequence[Artifact], config: EvaluateConfig) -> dict[str, float]:
    """Two stages less retrieval on the same candidates, a list's mean over the seeds, by user.

    The interval says how far the gain would move with other people.
    """
    differences = []
    for evaluation in evaluations:
        table = read_per_request(evaluation.path)
        targets = targets_of(table)
        differences.append(accuracy(targets["two_stage"]) - accuracy(targets["retrieval"]))
        users = table[USER_ID].to_numpy()[lists_begin(table[LIST].to_numpy())]
    difference = by_user(np.mean(differences, axis=0), users)
    low, high = bootstrap_intervals(difference, config.resamples, config.seed)
    found: dict[str, float] = {}
    for at, figure in enumerate(NAMES):
        if figure in MEANS:
            found[f"{figure}_over_retrieval"] = round(float(difference.mean[at]), 4)
            found[f"{figure}_over_retrieval_low"] = round(float(low[at]), 4)
            found[f"{figure}_over_retrieval_high"] = round(float(high[at]), 4)
    return found
