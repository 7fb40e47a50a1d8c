"""The command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commands.data import CardOption, FilesOption, open_data
from commands.terminal import (
    DEFAULT_DATA,
    DEFAULT_DATASET,
    ConfigOption,
    DataOption,
    DatasetOption,
    console,
)
from schemas.config import load_config
from schemas.config.checks import check_choice

app = typer.Typer()


@app.command()
def compare(
    out: Annotated[
        Path, typer.Option("--out", help="Directory of the fitted models and of the three reports.")
    ],
    dataset: DatasetOption = DEFAULT_DATASET,
    data: DataOption = DEFAULT_DATA,
    card: CardOption = None,
    files: FilesOption = None,
    models: Annotated[
        str, typer.Option("--models", help="Names with commas between, or all.")
    ] = "all",
    protocol: Annotated[
        str,
        typer.Option(
            "--protocol",
            help="leave_one_out, global_time, temporal_user, user_based or, of ratings, random.",
        ),
    ] = "leave_one_out",
    config: ConfigOption = None,
) -> None:
    """Fit models on the same events and show them on one page: compare.html, .md and .json.

    Each is fitted in a process of its own; one that has been fitted is not fitted again.
    """
    settings = load_config(config)  # before anything is loaded: a mistake is told at once

    from commands.compare.flow import Comparison, write_reports
    from evaluation.leaderboard.protocols import PROTOCOLS

    check_choice("--protocol", protocol, tuple(PROTOCOLS))
    names = [name.strip() for name in models.split(",") if name.strip()]
    source = open_data(dataset, data, card, files)
    found = Comparison(out, settings, protocol).run(source, names)
    for path in write_reports(found, out):
        console.print(str(path), highlight=False, soft_wrap=True)
