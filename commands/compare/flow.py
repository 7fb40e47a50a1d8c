"""The whole comparison: prepare once, fit each model in a process of its own, measure, write."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from commands.compare.choose import (
    OURS,
    RETRIEVAL,
    TWO_STAGE,
    Chosen,
    Ours,
    check_names,
    choose,
)
from commands.encoders import ENCODERS
from commands.stages import Stages
from commands.terminal import console, progress_line
from evaluation.baselines.baseline import Baseline, RatingBaseline, library_versions
from evaluation.histories import RawHistories
from evaluation.item_features import read_item_features
from evaluation.leaderboard.board import board
from evaluation.leaderboard.fits import LIKES, LISTS, RATINGS, read_task
from evaluation.leaderboard.markdown import markdown
from evaluation.leaderboard.page import page
from evaluation.leaderboard.protocols import PROTOCOLS, RANDOM
from evaluation.leaderboard.rows import Fitted
from evaluation.list_figures import Items
from evaluation.own_process import call
from evaluation.requests import Requests
from schemas import artifacts
from schemas.artifacts import Artifact, package_versions
from schemas.config import Config, like_threshold
from schemas.machine import machine
from schemas.prepared import load_card

EVERY_EVENT_FITTED = 1_000_000_000
"""More events than anybody has, so that preparation holds none out."""
OF_BASELINES = (
    "evaluation/baselines",
    "evaluation/batches",
    "evaluation/histories",
    "evaluation/item_features",
    "evaluation/leaderboard/fits",
    "evaluation/metrics/accuracy",
    "evaluation/ordering",
    "evaluation/own_process",
    "evaluation/random_split",
    "evaluation/ranking_protocol",
    "evaluation/requests",
)
"""Whose code makes a difference to the fit of a baseline and to what it lists."""
OF_OURS = (
    "towers",
    "ranking",
    "serving",
    "evaluation",
    "commands/compare/ours",
    "commands/encoders",
    "commands/served",
    "commands/stages",
)
"""The same of our own models."""
COSTS = ("fit_s", "peak_mib", "lists_s")


@dataclass(frozen=True)
class Fit:
    """What determines a fit, beside its inputs and its code.

    Attributes:
        function: `module:function`.
        arguments: Of it, but for paths.
        libraries: Versions of those that it stands on, beside those that every stage does.
    """

    function: str
    arguments: Mapping[str, Any]
    libraries: Mapping[str, str]


@dataclass(frozen=True)
class Comparison:
    """One comparison in one directory.

    Attributes:
        out: Its directory.
        config: Settings of all stages.
        protocol: One of `PROTOCOLS`.
    """

    out: Path
    config: Config
    protocol: str

    def run(self, source: Artifact, names: list[str]) -> dict[str, Any]:
        """Fits what is not fitted yet and measures all of it.

        Args:
            source: The data.
            names: Of models, or `all`.

        Returns:
            What `compare.json` holds: see `evaluation.leaderboard.board`, and `dataset`, `rows`,
            `split`, `asks`, `left_out`, `versions`, `machine`, `config`.

        Raises:
            ValueError: A model that was named is unknown or cannot be compared.
            RuntimeError: The fit of a model that was named failed, or all did.
        """
        check_names(names)
        prepared = self._stages().prepare(source, [])
        settings = self.config.prepare
        fitted, requests = read_task(
            prepared.path, self.protocol, settings.test_share, settings.seed
        )
        chosen = choose(names, fitted, self.protocol, self.config.retrieval.encoder)
        for name, reason in chosen.left_out.items():
            console.print(f"{name} is left out: {reason}", highlight=False, markup=False)
        models, failed = self._fit(prepared, chosen, names)
        described = self._describe(prepared, chosen, failed)
        return described | self._measure(prepared, models, fitted, requests)

    def _stages(self) -> Stages:
        """The stages of our own models."""
        prepare = self.config.prepare
        prepare = (
            dataclasses.replace(prepare, min_events=EVERY_EVENT_FITTED, split="leave_one_out")
            if self.protocol == RANDOM
            else dataclasses.replace(prepare, split=self.protocol)
        )
        return Stages(self.out / "run", dataclasses.replace(self.config, prepare=prepare))

    def _fit(
        self, prepared: Artifact, chosen: Chosen, names: list[str]
    ) -> tuple[list[Fitted], dict[str, str]]:
        """All models, in the order of tables; a model in both registries is one row.

        Returns:
            The models, and of those that nobody named and that failed the last words.
        """
        found: dict[str, Fitted] = {}
        failed: dict[str, str] = {}
        with progress_line("fit") as report:
            total = len(chosen.ranking) + len(chosen.rating) + len(chosen.ours)
            works: Iterable[tuple[Any, Callable[[Artifact, Any], Artifact]]] = [
                *((baseline, self._rank) for baseline in chosen.ranking),
                *((baseline, self._rate) for baseline in chosen.rating),
                *((ours, self._ours) for ours in chosen.ours),
            ]
            for done, (model, work) in enumerate(works):
                report(f"fit of {model.title}", done, total)
                try:
                    row = _row(model, work(prepared, model))
                except RuntimeError as error:
                    if model.name in names:
                        raise
                    last = [type(error).__name__, *str(error).splitlines()][-1]
                    failed[model.name] = f"its fit failed: {last}"
                    said = f"{model.name} is left out: {failed[model.name]}"
                    console.print(said, highlight=False, markup=False)
                    continue
                found[model.name] = _both(found[model.name], row) if model.name in found else row
        if not found:
            raise RuntimeError(f"every fit failed: {failed}")
        return list(found.values()), failed

    def _rank(self, prepared: Artifact, baseline: Baseline) -> Artifact:
        settings = self.config.evaluate
        arguments = {
            "model": baseline.name,
            "seed": settings.seed,
            "batch_size": settings.batch_size,
        }
        also = {"prepared": str(prepared.path)}
        fit = Fit("evaluation.leaderboard.fits:rank", arguments, library_versions(baseline))
        return self._build(baseline.name, "ranking", fit, prepared, also, OF_BASELINES)

    def _rate(self, prepared: Artifact, baseline: RatingBaseline) -> Artifact:
        settings = self.config.evaluate
        arguments = {
            "model": baseline.name,
            "seed": settings.seed,
            "batch_size": settings.batch_size,
            "protocol": self.protocol,
            "share": self.config.prepare.test_share,
            "split_seed": self.config.prepare.seed,
        }
        also = {"prepared": str(prepared.path)}
        fit = Fit("evaluation.leaderboard.fits:rate", arguments, library_versions(baseline))
        return self._build(baseline.name, "rating", fit, prepared, also, OF_BASELINES)

    def _ours(self, prepared: Artifact, ours: Ours) -> Artifact:
        stages = self._stages()
        arguments: dict[str, Any] = {"config": dataclasses.asdict(stages.config)}
        also: dict[str, Any] = {"run": str(stages.run)}
        function = "fit_retrieval"
        if ours.name == TWO_STAGE:
            first = self._ours(prepared, OURS[RETRIEVAL])
            also["retrieval_peak_mib"] = first.figures.get("peak_mib")
            function = "fit_two_stage"
        elif ours.name in ENCODERS:
            arguments["encoder"] = ours.name
            function = "fit_encoder"
        fit = Fit(f"commands.compare.ours:{function}", arguments, {})
        return self._build(ours.name, "ranking", fit, prepared, also, OF_OURS)

    def _build(
        self,
        name: str,
        kind: str,
        fit: Fit,
        prepared: Artifact,
        also: Mapping[str, Any],
        sources: Iterable[str],
    ) -> Artifact:
        """Fits a model unless it has been fitted.

        Args:
            name: Of the model.
            kind: What it was fitted for.
            fit: What makes a difference.
            prepared: What it is fitted on.
            also: Further arguments of the function, that make none.
            sources: Its code.
        """
        artifact = artifacts.build(
            self.out / "models" / name / kind,
            name,
            fit,
            {"prepared": prepared},
            [*sources, "schemas"],
            lambda out: call(fit.function, {**fit.arguments, **also, "out": str(out)}, _said),
        )
        cost = artifact.figures
        took = "fitted before" if artifact.reused else f"fitted in {cost['fit_s']:.1f} s"
        console.print(f"[bold]{name}[/bold] {kind}: {took}", highlight=False)
        return artifact

    def _measure(
        self, prepared: Artifact, models: list[Fitted], fitted: RawHistories, requests: Requests
    ) -> dict[str, Any]:
        settings = self.config.evaluate
        features = read_item_features(prepared.path, settings.diversity_features)
        threshold = like_threshold(self.config.ranking.like_share, load_card(prepared).rating_range)
        with progress_line("measure"):
            return board(
                models, requests, Items.known(fitted, features), TWO_STAGE, threshold, settings
            )

    def _describe(
        self, prepared: Artifact, chosen: Chosen, failed: Mapping[str, str]
    ) -> dict[str, Any]:
        split = prepared.figures["split"]
        if self.protocol == RANDOM:
            settings = self.config.prepare
            split = {"kind": RANDOM, "test_share": settings.test_share, "seed": settings.seed}
        return {
            "dataset": load_card(prepared).name,
            "rows": prepared.figures["rows"],
            "split": split,
            "asks": PROTOCOLS[self.protocol],
            "left_out": dict(chosen.left_out) | dict(failed),
            "versions": package_versions() | _libraries(chosen),
            "machine": machine() | {"cores_used": len(os.sched_getaffinity(0))},
            "config": dataclasses.asdict(self._stages().config),
        }


def write_reports(found: Mapping[str, Any], out: Path) -> list[Path]:
    """Writes `compare.html`, `compare.md` and `compare.json`; returns where they are."""
    paths = [out / f"compare.{kind}" for kind in ("html", "md", "json")]
    for path, text in zip(paths, (page(found), markdown(found)), strict=False):
        path.write_text(text, encoding="utf-8")
    artifacts.write_json(paths[-1], found)
    return paths


def _libraries(chosen: Chosen) -> dict[str, str]:
    """Versions of the libraries that the baselines stand on."""
    found: dict[str, str] = {}
    baselines: list[Baseline | RatingBaseline] = [*chosen.ranking, *chosen.rating]
    for baseline in baselines:
        found |= library_versions(baseline)
    return found


def _row(model: Baseline | RatingBaseline | Ours, artifact: Artifact) -> Fitted:
    figures = artifact.figures
    found = {
        name: np.load(path, allow_pickle=False) if path.is_file() else None
        for name, path in ((file, artifact.path / file) for file in (LISTS, RATINGS, LIKES))
    }
    return Fitted(
        model.name,
        model.title,
        model.source,
        {name: figures[name] for name in COSTS if name in figures},
        found[LISTS],
        found[RATINGS],
        found[LIKES],
        figures.get("curves", {}),
    )


def _both(ranking: Fitted, rating: Fitted) -> Fitted:
    """The row of a model that was fitted for either purpose."""
    of_ratings = {f"rating_{name}": value for name, value in rating.cost.items()}
    cost = dict(ranking.cost) | of_ratings
    return dataclasses.replace(ranking, ratings=rating.ratings, cost=cost)


def _said(line: str) -> None:
    console.print(f"  {line}", highlight=False, markup=False)
