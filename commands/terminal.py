"""What every command shares: the console, a progress line, the options."""

from __future__ import annotations

import contextlib
import time
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
        show_default="the defaults of schemas/config/",
    ),
]
ForceOption = Annotated[bool, typer.Option("--force", help="Build even what is up to date.")]
DatasetOption = Annotated[str, typer.Option("--dataset", help="Name of a fetched dataset.")]
ServerOption = Annotated[str, typer.Option("--server", help="host:port of a running server.")]
Report = Callable[[str, int, int | None], None]
"""(what is being done, how much of it, out of how much if that is known)."""

SECONDS_A_LINE = 10

DEFAULT_RUN = Path("runs/quickstart")
DEFAULT_DATA = Path("data")
DEFAULT_DATASET = "ml-100k"
DEFAULT_SERVER = "127.0.0.1:8500"


class _Log:
    """Prints what is reported, at most one line in `SECONDS_A_LINE`."""

    def __init__(self) -> None:
        self._printed = time.monotonic()

    def __call__(self, text: str, done: int, total: int | None) -> None:
        now = time.monotonic()
        if now - self._printed >= SECONDS_A_LINE:
            self._printed = now
            console.print(f"  {text} ({done}/{total or '?'})", highlight=False, markup=False)


@contextlib.contextmanager
def progress_line(text: str) -> Iterator[Report]:
    """A progress line that goes away when its stage is done; its text changes with each report.

    Where there is no terminal, as in the log of a job, a line now and then says the same.
    """
    if not console.is_terminal:
        yield _Log()
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(text, total=None)
        yield lambda text, done, total: bar.update(
            task, description=text, completed=done, total=total
        )
