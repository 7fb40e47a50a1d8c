"""What every command shares: the console, a progress line, the options."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

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

console = Console()

RunOption = Annotated[Path, typer.Option("--run", help="Directory of this run's artefacts.")]
DataOption = Annotated[Path, typer.Option("--data", help="Directory of fetched datasets.")]
ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        exists=True,
        dir_okay=False,
        help="TOML configuration.",
        show_default="the defaults of schemas/config.py",
    ),
]
ForceOption = Annotated[bool, typer.Option("--force", help="Build even what is up to date.")]
DatasetOption = Annotated[str, typer.Option("--dataset", help="Name of a fetched dataset.")]
Report = Callable[[str, int, int | None], None]
"""(what is being done, how much of it, out of how much if that is known)."""

DEFAULT_RUN = Path("runs/quickstart")
DEFAULT_DATA = Path("data")
DEFAULT_DATASET = "ml-100k"


@contextlib.contextmanager
def progress_line(text: str) -> Iterator[Report]:
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
