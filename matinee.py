"""The `matinee` command: every stage by itself, and `quickstart`, the whole flow on one screen."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from schemas import artifacts
from schemas.artifacts import Artifact
from schemas.config import Config, load_config
from schemas.pins import check_pins

app = typer.Typer(help=__doc__, no_args_is_help=True, pretty_exceptions_enable=False)
train_app = typer.Typer(help="Train a model.", no_args_is_help=True)
app.add_typer(train_app, name="train")
console = Console()

RunOption = Annotated[Path, typer.Option("--run", help="Directory of this run's artefacts.")]
DataOption = Annotated[Path, typer.Option("--data", help="Directory of fetched datasets.")]
ConfigOption = Annotated[
    Path | None, typer.Option("--config", exists=True, dir_okay=False, help="TOML configuration.")
]
ForceOption = Annotated[bool, typer.Option("--force", help="Build even what is up to date.")]
DatasetOption = Annotated[str, typer.Option("--dataset", help="Name of a fetched dataset.")]
Report = Callable[[str, int, int | None], None]
"""(what is being done, how much of it, out of how much if that is known)."""

DEFAULT_RUN = Path("runs/quickstart")
DEFAULT_DATA = Path("data")
DEFAULT_DATASET = "ml-100k"


@dataclasses.dataclass(frozen=True)
class Stages:
    """The stages of one run directory; each builds its artefact or finds it unchanged."""

    run: Path
    config: Config
    force: bool = False

    def prepare(self, data: Artifact, beam_args: list[str]) -> Artifact:
        """Beam and TF-Transform: source files to examples, catalogue and profiles."""
        from pipeline.prepare import prepare

        with _progress("prepare") as report:
            return self._build(
                "prepared",
                self.config.prepare,
                {"data": data},
                ["pipeline", "schemas"],
                lambda out: prepare(data, self.config.prepare, out, beam_args, report),
            )

    def train_retrieval(self) -> Artifact:
        """The two-tower model."""
        from towers.train import train

        prepared, config = self.open("prepared"), self.config.retrieval
        with _progress("train retrieval") as report:

            def epoch(model: str, done: int, epochs: int, figures: dict[str, float]) -> None:
                report(f"retrieval, {model}: {_short(figures)}", done, epochs)

            return self._build(
                "retrieval",
                config,
                {"prepared": prepared},
                ["towers", "schemas"],
                lambda out: train(prepared, config, out, epoch),
            )

    def index(self) -> Artifact:
        """The ScaNN index over the retrieval model's item vectors."""
        from towers.index import index_retrieval

        retrieval, config = self.open("retrieval"), self.config.index
        with _progress("index: ScaNN, and its recall"):
            return self._build(
                "index",
                config,
                {"retrieval": retrieval},
                ["towers", "schemas"],
                lambda out: index_retrieval(retrieval, config, out),
            )

    def train_ranking(self) -> Artifact:
        """The behaviour-sequence transformer with pair-user attention."""
        from ranking.train import train

        inputs = {name: self.open(name) for name in ("prepared", "retrieval")}
        artifacts.check_belong_together(inputs)
        config = self.config.ranking
        with _progress("train ranking") as report:

            def epoch(done: int, epochs: int, figures: dict[str, float]) -> None:
                report(f"ranking: {_short(figures)}", done, epochs)

            return self._build(
                "ranking",
                config,
                inputs,
                ["ranking", "towers", "schemas"],
                lambda out: train(inputs["prepared"], inputs["retrieval"], config, out, epoch),
            )

    def evaluate(self) -> Artifact:
        """What is served, beside the baselines, on the held-out events of the test split."""
        from evaluation.histories import read_histories
        from evaluation.requests import read_requests
        from evaluation.saved_models import Ranker, RetrievalModel, Retriever
        from evaluation.suite import evaluate
        from serving.retriever import Retriever as Index

        inputs = {name: self.open(name) for name in ("prepared", "retrieval", "index", "ranking")}
        artifacts.check_belong_together(inputs)

        def write(out: Path) -> Mapping[str, Any]:
            requests = read_requests(inputs["prepared"].path, "test")
            history_len = inputs["retrieval"].manifest["config"]["history_len"]
            model = RetrievalModel(inputs["retrieval"].path, requests.item_ids, history_len)
            index, nothing = Index(inputs["index"]), np.empty(0, np.int64)

            def search(query_vector: Any, k: int) -> tuple[Any, Any, Any]:
                hits = index.search(query_vector, k, [nothing] * len(query_vector))
                return hits.rows, hits.scores, hits.valid

            ranker = Ranker(
                inputs["ranking"].path, model, inputs["ranking"].manifest["config"]["history_len"]
            )
            metrics = evaluate(
                requests,
                read_histories(inputs["prepared"].path, "fit"),
                Retriever(model, search),
                ranker.rank,
                ranker.predict,
                ranker.predict_pair,
                self.config.evaluate,
                report,
            )
            metrics["protocol"]["split"] = inputs["prepared"].figures["split"]
            artifacts.write_json(out / "metrics.json", metrics)
            return metrics

        with _progress("evaluate") as report:
            return self._build(
                "evaluation",
                self.config.evaluate,
                inputs,
                ["evaluation", "serving", "schemas", "matinee"],
                write,
            )

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


@app.command()
def fetch(
    dataset: Annotated[str, typer.Argument(help="ml-100k, ml-1m, ..., as the error lists them.")],
    archive: Annotated[
        Path | None, typer.Option("--from", exists=True, dir_okay=False, help="A local archive.")
    ] = None,
    data: DataOption = DEFAULT_DATA,
) -> None:
    """Download a dataset, or unpack a local archive of it."""
    _fetch(dataset, data, archive)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def prepare(
    context: typer.Context,
    dataset: DatasetOption = DEFAULT_DATASET,
    data: DataOption = DEFAULT_DATA,
    run: RunOption = DEFAULT_RUN,
    config: ConfigOption = None,
    force: ForceOption = False,
) -> None:
    """Turn a fetched dataset into examples; unknown options go to Beam (--runner=...)."""
    source = artifacts.open_artifact(data / dataset)
    Stages(run, load_config(config), force).prepare(source, context.args)


@train_app.command("retrieval")
def train_retrieval(
    run: RunOption = DEFAULT_RUN, config: ConfigOption = None, force: ForceOption = False
) -> None:
    """Train the two-tower model and export it as a SavedModel."""
    Stages(run, load_config(config), force).train_retrieval()


@train_app.command("ranking")
def train_ranking(
    run: RunOption = DEFAULT_RUN, config: ConfigOption = None, force: ForceOption = False
) -> None:
    """Train the ranker on retrieved candidates and export it as a SavedModel."""
    Stages(run, load_config(config), force).train_ranking()


@app.command()
def index(
    run: RunOption = DEFAULT_RUN, config: ConfigOption = None, force: ForceOption = False
) -> None:
    """Build the ScaNN index and measure its recall."""
    Stages(run, load_config(config), force).index()


@app.command()
def evaluate(
    run: RunOption = DEFAULT_RUN,
    config: ConfigOption = None,
    force: ForceOption = False,
    json_file: Annotated[Path | None, typer.Option("--json", help="Also write them here.")] = None,
) -> None:
    """Measure both stages beside the baselines on the held-out events."""
    from evaluation.report import metrics_table

    metrics = Stages(run, load_config(config), force).evaluate().figures
    console.print(metrics_table(metrics))
    if json_file is not None:
        artifacts.write_json(json_file, metrics)


@app.command()
def serve(
    run: RunOption = DEFAULT_RUN,
    config: ConfigOption = None,
    host: Annotated[str | None, typer.Option(help="Address; the default is the config's.")] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 takes a free one.")] = None,
) -> None:
    """Serve recommendations over gRPC until SIGTERM or Ctrl-C."""
    from serving.server import serve as serve_run

    limits = load_config(config).serve
    host = limits.host if host is None else host
    port = limits.port if port is None else port
    serve_run(run, dataclasses.replace(limits, host=host, port=port))


@app.command()
def recommend(
    user: Annotated[list[str], typer.Option("--user", help="User id; several watch together.")],
    k: Annotated[int, typer.Option("-k", help="How many items.")] = 10,
    server: Annotated[
        str | None,
        typer.Option(help="host:port of a running server; without it one is started for the call."),
    ] = None,
    run: RunOption = DEFAULT_RUN,
    config: ConfigOption = None,
) -> None:
    """Ask a server for one person, or for people who watch together."""
    from serving.client import Client
    from serving.display import recommendations_table
    from serving.own_process import server_process

    running = contextlib.nullcontext(server) if server else server_process(run, config)
    with running as target, Client(target) as ask:
        answer = ask.recommend(user, k=k)
    console.print(recommendations_table(f"For {' and '.join(user)}", answer))


@app.command()
def quickstart(
    dataset: DatasetOption = DEFAULT_DATASET,
    data: DataOption = DEFAULT_DATA,
    run: RunOption = DEFAULT_RUN,
    config: ConfigOption = None,
    k: Annotated[int, typer.Option("-k", help="How many items in each example list.")] = 10,
) -> None:
    """Everything: fetch, prepare, train, index, evaluate, serve, recommend; then report.json."""
    from google.protobuf.json_format import MessageToDict

    from evaluation.report import assemble_report, metrics_table, seconds_table
    from evaluation.requests import read_requests
    from serving.client import Client
    from serving.display import recommendations_table
    from serving.own_process import server_process

    started = time.monotonic()
    source = _fetch(dataset, data, None)
    fetched = time.monotonic()
    stages = Stages(run, load_config(config))
    built = {
        "prepared": stages.prepare(source, []),
        "retrieval": stages.train_retrieval(),
        "index": stages.index(),
        "ranking": stages.train_ranking(),
        "evaluation": stages.evaluate(),
    }
    known = [*dict.fromkeys(read_requests(built["prepared"].path, "test").user_ids)][:2]
    answers, asked = [], time.monotonic()
    with server_process(run, config) as target, Client(target) as ask:
        for users in (known[:1], known):
            answer = ask.recommend(users, k=k)
            console.print(recommendations_table(f"For {' and '.join(users)}", answer))
            answers.append({"users": users, "response": MessageToDict(answer)})

    metrics = built["evaluation"].figures
    report = assemble_report(dataset, built, metrics, answers)
    ended = time.monotonic()
    report["seconds"] |= {
        "fetch": round(fetched - started, 1),
        "serve_and_recommend": round(ended - asked, 1),
        "this_run": round(ended - started, 1),
    }
    artifacts.write_json(run / "report.json", report)
    console.print(metrics_table(metrics), seconds_table(report["seconds"]))
    for stage, artifact in built.items():
        console.print(f"{stage:11s} {artifact.path}", highlight=False)
    console.print(f"{'report':11s} {run / 'report.json'}", highlight=False)


@app.command("doctor")
def check_installation() -> None:
    """Print versions and check them against the pins."""
    table = Table("package", "installed", "wanted", "")
    findings = check_pins()
    for finding in findings:
        mark = "[green]ok" if finding.ok else "[red]not met"
        table.add_row(finding.package, finding.installed, finding.wanted, mark)
    console.print(table)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


def main() -> None:
    """Runs the command line; an error that has a message is shown as that message."""
    try:
        app()
    except (ValueError, OSError, RuntimeError) as error:
        Console(stderr=True).print(f"[red]matinee:[/red] {error}", highlight=False)
        sys.exit(1)


def _fetch(dataset: str, data: Path, archive: Path | None) -> Artifact:
    from pipeline.fetch import fetch as fetch_release

    with _progress(f"fetch {dataset}") as report:
        text = f"fetch {dataset}: bytes"
        artifact = fetch_release(dataset, data, archive, functools.partial(report, text))
    done = "there already, skipped" if artifact.reused else artifact.figures["source"]
    console.print(f"[bold]data[/bold] {artifact.version}: {done}", highlight=False, soft_wrap=True)
    return artifact


@contextlib.contextmanager
def _progress(text: str) -> Iterator[Report]:
    """A progress line that goes away when its stage is done; its text changes with each report."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    quiet = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=quiet) as bar:
        task = bar.add_task(text, total=None)
        yield lambda text, done, total: bar.update(
            task, description=text, completed=done, total=total
        )


def _short(figures: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in figures.items() if name != "seconds")


if __name__ == "__main__":
    main()
