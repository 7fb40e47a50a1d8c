"""Variants of the retrieval model, each fitted with several seeds and compared on validation.

A variant differs from the base in the named settings alone and is fitted on all but the tail of
each history. Its figure is the best epoch's NDCG@10 on the tails, that is on validation events:
settings are chosen by it, and the test events are not looked at.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from benchmarks.fits import fit_directory
from benchmarks.results import RESULTS, described, write_result
from schemas.artifacts import Artifact, write_json
from schemas.config import RetrievalConfig
from schemas.prepared import load_histories
from towers.fitting import fit
from towers.optimizer import Schedule
from towers.tail import TailScorer, hold_back
from towers.train import new_model
from towers.training.devices import training_scope
from towers.training.epoch_log import EpochLog

BASE = "base"
NDCG = "validation_ndcg@10"
FIGURES = "figures.json"
Fits = dict[str, dict[int, dict[str, float]]]
"""Figures of each variant's fit with each seed."""


@dataclass(frozen=True)
class Ablation:
    """What is compared.

    Attributes:
        name: Of the result.
        source: The data.
        prepared: The data, prepared.
        base: Settings that the variants depart from; the seed is replaced.
        variants: Of each variant, the settings that differ.
        seeds: Each variant is fitted with each of them.
        runs: Directory of the fits. One that was done or killed before is gone on with.
    """

    name: str
    source: Artifact
    prepared: Artifact
    base: RetrievalConfig
    variants: Mapping[str, Mapping[str, Any]]
    seeds: Sequence[int]
    runs: Path

    def config(self, variant: str, seed: int) -> RetrievalConfig:
        """Settings of one fit."""
        return replace(self.base, seed=seed, **self.variants[variant])

    def directory(self, variant: str, seed: int) -> Path:
        """Where one fit is."""
        config = self.config(variant, seed)
        return fit_directory(self.runs / "fits", self.prepared, config, {})


def ablate(ablation: Ablation, variants: Sequence[str], seeds: Sequence[int]) -> None:
    """Fits what is missing of some variants with some seeds.

    A fit that the kept result has, of the same data, settings, code and packages, is taken from it.
    The result is written when no fit of the whole ablation is missing any more.
    """
    kept = _kept(ablation.name)
    for seed in seeds:
        for variant in variants:
            directory = ablation.directory(variant, seed)
            figures = kept.get(directory.name) or fitted(
                ablation.prepared, ablation.config(variant, seed), directory
            )
            print(f"seed {seed}, {variant}: {figures}", flush=True)
    _write_whole(ablation, kept)


def _write_whole(ablation: Ablation, kept: Mapping[str, dict[str, float]]) -> None:
    """Prints and writes the result, or says how much is missing."""
    found: Fits = {variant: {} for variant in ablation.variants}
    directories: dict[str, str] = {}
    missing: list[str] = []
    for seed in ablation.seeds:
        for variant in ablation.variants:
            directory, name = ablation.directory(variant, seed), f"{variant}_seed_{seed}"
            figures = kept.get(directory.name) or done(directory)
            if figures is None:
                missing.append(name)
            else:
                found[variant][seed], directories[name] = figures, directory.name
    if missing:
        print(f"no result is written: {len(missing)} fits are missing, such as {missing[0]}")
        return
    settings = {
        "base": asdict(ablation.base),
        "variants": dict(ablation.variants),
        "fits": directories,
    }
    for figure, value in summary(found).items():
        print(f"{figure}: {value}")
    data = described(ablation.source, ablation.prepared)
    seed = ablation.seeds[0]
    print(write_result(ablation.name, data, seed, settings, summary(found), {}))


def fitted(prepared: Artifact, config: RetrievalConfig, directory: Path) -> dict[str, float]:
    """The figures of one fit, from its directory if it was done before."""
    before = done(directory)
    if before is not None:
        return before
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
            NDCG: round(scorer.ndcg(), 5),
            "epochs": epochs,
            "parameters": model.count_params(),
        }
    write_json(directory / FIGURES, figures)
    checkpoint.unlink()
    return figures


def done(directory: Path) -> dict[str, float] | None:
    """The figures of a fit that was finished."""
    path = directory / FIGURES
    return dict(json.loads(path.read_text())) if path.exists() else None


def summary(found: Fits) -> dict[str, float]:
    """Of each variant: means, the difference to the base over the same seeds, and every fit."""
    figures: dict[str, float] = {}
    for variant, fits in found.items():
        for figure in (NDCG, "epochs"):
            figures[f"{variant}_{figure}"] = round(mean(one[figure] for one in fits.values()), 4)
        figures[f"{variant}_parameters"] = next(iter(fits.values()))["parameters"]
        of_base = found.get(BASE, {})
        gains = [one[NDCG] - of_base[seed][NDCG] for seed, one in fits.items() if seed in of_base]
        if variant != BASE and gains:
            figures[f"{variant}_minus_{BASE}"] = round(mean(gains), 4)
        if variant != BASE and len(gains) > 1:
            figures[f"{variant}_minus_{BASE}_deviation"] = round(stdev(gains), 4)
        for seed, one in fits.items():
            figures |= {f"{variant}_seed_{seed}_{name}": value for name, value in one.items()}
    return figures


def _kept(name: str) -> dict[str, dict[str, float]]:
    """The fits that the kept result tells of, by the names of their directories."""
    path = RESULTS / f"{name}.json"
    if not path.exists():
        return {}
    result = json.loads(path.read_text())
    names = (NDCG, "epochs", "parameters")
    return {
        directory: {name: result["figures"][f"{fit}_{name}"] for name in names}
        for fit, directory in result["config"]["fits"].items()
    }


def _silent(text: str, done: int, total: int) -> None:
    """The fits of an ablation tell of themselves when they are done."""
