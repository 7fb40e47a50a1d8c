"""The stages, each wired to what it reads and what it shows."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
from rich.markup import escape

from commands.served import served_models
from commands.summaries import prepared_line, ranking_line, retrieval_line
from commands.terminal import console, progress_line
from schemas import artifacts
from schemas.artifacts import Artifact
from schemas.config import Config

if TYPE_CHECKING:
    from pipeline.joining.dataset import Metadata  # a serving installation has no pipeline


def fetch_dataset(dataset: str, data: Path, archive: Path | None = None) -> Artifact:
    """A release in `data/<dataset>/`, from a local archive if one is given."""
    from pipeline.fetch import fetch as fetch_release

    with progress_line(f"fetch {dataset}") as report:
        text = f"fetch {dataset}: bytes"
        artifact = fetch_release(dataset, data, archive, functools.partial(report, text))
    done = "there already, skipped" if artifact.reused else artifact.figures["source"]
    console.print(
        f"[bold]data[/bold] {artifact.version}: {escape(done)}", highlight=False, soft_wrap=True
    )
    return artifact


def open_evaluation(path: Path) -> Artifact:
    """The latest evaluation of a run, or the one whose own directory is given.

    Raises:
        FileNotFoundError: There is neither.
    """
    one = (path / artifacts.MANIFEST).is_file()
    return artifacts.open_artifact(path if one else path / "evaluation")


@dataclasses.dataclass(frozen=True)
class Stages:
    """The stages of one run directory; each builds its artefact or finds it unchanged."""

    run: Path
    config: Config
    force: bool = False

    def join(self, data: Artifact, metadata: Metadata) -> Artifact:
        """What IMDb or other sources know of the catalogue's films."""
        from pipeline.joining.dataset import join_dataset

        with progress_line("join") as report:
            return self._build(
                "metadata",
                self.config.join,
                metadata.inputs(data),
                ["pipeline", "schemas"],
                lambda out: join_dataset(data, metadata, self.config.join, out, report),
            )

    def prepare(
        self, data: Artifact, beam_args: list[str], metadata: Artifact | None = None
    ) -> Artifact:
        """Beam and TF-Transform: source files to examples, catalogue and profiles."""
        from pipeline.prepare import prepare
        from pipeline.runner import check_options
        from pipeline.validation.choose import schema_input

        check_options(beam_args)  # before anything is found unchanged and skipped
        inputs = (
            {"data": data}
            | schema_input(data, self.config.prepare)
            | ({} if metadata is None else {"metadata": metadata})
        )
        with progress_line("prepare") as report:
            prepared = self._build(
                "prepared",
                self.config.prepare,
                inputs,
                ["pipeline", "schemas"],
                lambda out: prepare(data, self.config.prepare, out, beam_args, report, metadata),
            )
        _say(prepared_line(prepared))
        return prepared

    def describe(self) -> Artifact:
        """What the prepared data looks like, as figures and as a page."""
        from pipeline.describe.stage import describe

        prepared = self.open("prepared")
        with progress_line("describe") as report:
            return self._build(
                "describe",
                self.config.describe,
                {"prepared": prepared},
                ["pipeline", "schemas"],
                lambda out: describe(prepared, self.config.describe, out, report),
            )

    def train_retrieval(self) -> Artifact:
        """The two-tower model."""
        from towers.train import train

        prepared, config = self.open("prepared"), self.config.retrieval
        with progress_line("train retrieval") as report:
            retrieval = self._build(
                "retrieval",
                config,
                {"prepared": prepared},
                ["towers", "schemas"],
                lambda out: train(prepared, config, out, report),
            )
        _say(retrieval_line(retrieval))
        return retrieval

    def index(self) -> Artifact:
        """The ScaNN index over the retrieval model's item vectors."""
        from towers.index import index_retrieval

        retrieval, config = self.open("retrieval"), self.config.index
        with progress_line("index") as report:
            return self._build(
                "index",
                config,
                {"retrieval": retrieval},
                ["towers", "schemas"],
                lambda out: index_retrieval(retrieval, config, out, report),
            )

    def index_with_changes(self, catalogue: str) -> Artifact:
        """The index with all changes of the catalogue merged into it.

        Args:
            catalogue: Where they are, as `serve.catalogue` says it.
        """
        from serving.catalogue_log.choose import open_log
        from serving.merge import Merged, merge
        from towers.index import index_items

        inputs = {name: self.open(name) for name in ("prepared", "retrieval")}
        artifacts.check_belong_together(inputs)
        with contextlib.closing(open_log(catalogue, self.run)) as log:
            what = Merged(log.identity(), log.last())
            if not what.log_number:
                raise ValueError("the catalogue has no changes: `matinee index` builds its index")
            merged = self._build(
                "catalogue",
                what,
                inputs,
                ["serving", "schemas"],
                lambda out: merge(inputs["prepared"], inputs["retrieval"], log, out),
            )
        retrieval, config = inputs["retrieval"], self.config.index
        with progress_line("index") as report:
            return self._build(
                "index",
                config,
                {"retrieval": retrieval, "catalogue": merged},
                ["towers", "schemas"],
                lambda out: index_items(merged, retrieval, config, out, report),
            )

    def train_ranking(self) -> Artifact:
        """The behaviour-sequence transformer with pair-user attention."""
        from ranking.train import train

        inputs = {name: self.open(name) for name in ("prepared", "retrieval")}
        artifacts.check_belong_together(inputs)
        config = self.config.ranking
        with progress_line("train ranking") as report:
            ranking = self._build(
                "ranking",
                config,
                inputs,
                ["ranking", "towers", "schemas"],
                lambda out: train(inputs["prepared"], inputs["retrieval"], config, out, report),
            )
        _say(ranking_line(ranking))
        return ranking

    def evaluate(self) -> Artifact:
        """What is served, beside the baselines, on the held-out events of the test split."""
        from evaluation.histories import read_histories
        from evaluation.item_features import read_item_features
        from evaluation.per_request import FILE
        from evaluation.requests import read_requests
        from evaluation.suite import evaluate

        inputs = {name: self.open(name) for name in ("prepared", "retrieval", "index", "ranking")}
        artifacts.check_belong_together(inputs)
        if "catalogue" in inputs["index"].manifest["inputs"]:
            raise ValueError(
                f"{inputs['index'].path}: expected an index of the prepared items, got one with "
                "changes of the catalogue merged; run `matinee index` again"
            )
        config = self.config.evaluate

        def write(out: Path) -> Mapping[str, Any]:
            requests = read_requests(inputs["prepared"].path, "test")
            found = evaluate(
                requests,
                read_histories(inputs["prepared"].path, "fit"),
                read_item_features(inputs["prepared"].path, config.diversity_features),
                served_models(inputs, requests.item_ids),
                config,
                report,
            )
            found.metrics["protocol"]["split"] = inputs["prepared"].figures["split"]
            artifacts.write_json(out / "metrics.json", found.metrics)
            pq.write_table(found.per_request, out / FILE)
            return found.metrics

        with progress_line("evaluate") as report:
            return self._build(
                "evaluation",
                config,
                inputs,
                ["evaluation", "serving", "schemas", "commands"],
                write,
            )

    def compare(self, evaluation: Artifact, other: Artifact) -> dict[str, Any]:
        """The other one's `version` and, under `models`, what `comparison.compare` found."""
        from evaluation.comparison import compare
        from evaluation.per_request import read_per_request

        ours, theirs = read_per_request(evaluation.path), read_per_request(other.path)
        models = compare(ours, theirs, self.config.evaluate)
        return {"version": other.version, "models": models}

    def open(self, stage: str) -> Artifact:
        """The latest artefact of a stage."""
        return artifacts.open_artifact(self.run / stage)

    def _build(
        self,
        stage: str,
        config: Any,
        inputs: Mapping[str, Artifact],
        sources: list[str],
        write: Callable[[Path], Mapping[str, Any]],
    ) -> Artifact:
        artifact = artifacts.build(
            self.run / stage, stage, config, inputs, sources, write, self.force
        )
        done = "unchanged, skipped" if artifact.reused else f"{artifact.manifest['seconds']:.1f} s"
        console.print(f"[bold]{stage}[/bold] {artifact.version}: {done}", highlight=False)
        return artifact


def _say(line: str) -> None:
    console.print(line, highlight=False, markup=False, soft_wrap=True)
