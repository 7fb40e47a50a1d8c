"""`matinee fetch` and `matinee prepare`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commands.stages import Stages, fetch_dataset
from commands.terminal import (
    DEFAULT_DATA,
    DEFAULT_DATASET,
    DEFAULT_RUN,
    ConfigOption,
    DataOption,
    DatasetOption,
    ForceOption,
    RunOption,
)
from schemas.artifacts import open_artifact
from schemas.config import load_config

app = typer.Typer()


@app.command()
def fetch(
    dataset: Annotated[str, typer.Argument(help="ml-100k, ml-1m, ..., as the error lists them.")],
    archive: Annotated[
        Path | None,
        typer.Option(
            "--from",
            exists=True,
            dir_okay=False,
            help="A local archive.",
            show_default="the official address",
        ),
    ] = None,
    data: DataOption = DEFAULT_DATA,
) -> None:
    """Download a dataset, or unpack a local archive of it."""
    fetch_dataset(dataset, data, archive)


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
    source = open_artifact(data / dataset)
    Stages(run, load_config(config), force).prepare(source, context.args)
