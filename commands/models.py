"""`matinee train`, `matinee index` and `matinee evaluate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commands.stages import Stages, open_evaluation
from commands.terminal import DEFAULT_RUN, ConfigOption, ForceOption, RunOption, console
from schemas.artifacts import write_json
from schemas.config import load_config

app = typer.Typer()
train_app = typer.Typer(help="Train a model.", no_args_is_help=True)
app.add_typer(train_app, name="train")


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
    run: RunOption = DEFAULT_RUN,
    config: ConfigOption = None,
    force: ForceOption = False,
    rebuild: Annotated[
        bool,
        typer.Option("--rebuild", help="With the changes of the catalogue that servers were told."),
    ] = False,
) -> None:
    """Build the ScaNN index and measure its recall."""
    settings = load_config(config)
    stages = Stages(run, settings, force)
    built = stages.index_with_changes(settings.serve.catalogue) if rebuild else stages.index()
    found = built.figures
    searched = f"{found['kind']} search of {found['items']} items"
    console.print(f"{searched}, recall@{found['recall_k']} {found['recall']:.4f}", highlight=False)


@app.command()
def evaluate(
    run: RunOption = DEFAULT_RUN,
    config: ConfigOption = None,
    force: ForceOption = False,
    against: Annotated[
        Path | None,
        typer.Option(
            "--against",
            help="Another run's directory, or one version of its evaluation: show how far the two "
            "differ on the same requests, with intervals and a paired test.",
            show_default="no other run",
        ),
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Also write them here.", show_default="nowhere")
    ] = None,
) -> None:
    """Measure both stages beside the baselines on the held-out events."""
    from evaluation.report import comparison_table, metrics_table

    if json_file is not None and not json_file.resolve().parent.is_dir():
        raise typer.BadParameter(f"expected a file in a directory that exists, got {json_file}")
    other = None if against is None else open_evaluation(against)

    stages = Stages(run, load_config(config), force)
    evaluation = stages.evaluate()
    metrics = evaluation.figures
    console.print(metrics_table(metrics))
    if other is not None:
        metrics["against"] = stages.compare(evaluation, other)
        console.print(comparison_table(metrics["against"]["models"]))
    if json_file is not None:
        write_json(json_file, metrics)
