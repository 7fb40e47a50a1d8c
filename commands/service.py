"""`matinee serve`, `matinee recommend` and `matinee doctor`."""

from __future__ import annotations

import contextlib
import dataclasses
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from commands.terminal import DEFAULT_RUN, ConfigOption, RunOption, console, progress_line
from schemas.config import ServeConfig, load_config
from schemas.pins import NOT_INSTALLED, check_pins

app = typer.Typer()
DEFAULTS = ServeConfig()


class Objective(StrEnum):
    """Of `matinee.v1.Objective`."""

    WATCH_NEXT = "watch-next"
    RATING = "rating"
    BLEND = "blend"


class GroupStrategy(StrEnum):
    """Of `matinee.v1.GroupStrategy`."""

    MEAN = "mean"
    LEAST_MISERY = "least-misery"
    JOINT = "joint"


@app.command()
def serve(
    run: RunOption = DEFAULT_RUN,
    config: ConfigOption = None,
    host: Annotated[
        str | None, typer.Option(help="Address.", show_default=f"{DEFAULTS.host}, or the config's")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            help="Port; 0 takes a free one.", show_default=f"{DEFAULTS.port}, or the config's"
        ),
    ] = None,
    backend: Annotated[
        str | None,
        typer.Option(
            help="What runs the models: in-process or tf-serving://HOST:PORT.",
            show_default=f"{DEFAULTS.backend}, or the config's",
        ),
    ] = None,
    profiles: Annotated[
        str | None,
        typer.Option(
            help="Where events are recorded: sqlite:PATH, redis://HOST:PORT/DATABASE, or none.",
            show_default="state/events.sqlite of the run, or the config's",
        ),
    ] = None,
    catalogue: Annotated[
        str | None,
        typer.Option(
            help="Where changes of the catalogue are kept: sqlite:PATH, or none.",
            show_default="state/catalogue.sqlite of the run, or the config's",
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            help="Processes that answer.", show_default=f"{DEFAULTS.workers}, or the config's"
        ),
    ] = None,
    metrics_port: Annotated[
        int | None,
        typer.Option(
            help="Port on loopback for Prometheus; 0: none.",
            show_default=f"{DEFAULTS.metrics_port}, or the config's",
        ),
    ] = None,
    log_level: Annotated[
        str | None,
        typer.Option(
            help="Least level of logs: debug, info, warning or error.",
            show_default=f"{DEFAULTS.log_level}, or the config's",
        ),
    ] = None,
) -> None:
    """Serve recommendations over gRPC until SIGTERM or Ctrl-C."""
    given: dict[str, Any] = {"host": host, "port": port, "backend": backend, "profiles": profiles}
    given |= {"catalogue": catalogue, "workers": workers}
    given |= {"metrics_port": metrics_port, "log_level": log_level}
    chosen = {name: value for name, value in given.items() if value is not None}
    # Before TensorFlow is loaded: a mistake is told at once.
    settings = dataclasses.replace(load_config(config).serve, **chosen)
    console.print(f"loading the models of {escape(str(run))}", highlight=False)

    from serving.supervisor import serve as serve_run

    serve_run(run, settings)


@app.command()
def recommend(
    user: Annotated[list[str], typer.Option("--user", help="User id; several watch together.")],
    k: Annotated[int, typer.Option("-k", min=1, help="How many items.")] = 10,
    server: Annotated[
        str | None,
        typer.Option(
            help="host:port of a running server.", show_default="one is started for the call"
        ),
    ] = None,
    objective: Annotated[
        Objective, typer.Option(help="What the items are ordered by.")
    ] = Objective.WATCH_NEXT,
    strategy: Annotated[
        GroupStrategy | None,
        typer.Option(
            help="How viewers become a group; joint is of ratings.",
            show_default="mean for watch-next, else joint",
        ),
    ] = None,
    rating_weight: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="Of a blend: what ratings weigh, 0 to 1.", show_default="0.5"
        ),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Tell what in the histories speaks for each item.")
    ] = False,
    exclude: Annotated[
        list[str] | None, typer.Option(help="Id of an item never to return; several.")
    ] = None,
    genre: Annotated[
        list[str] | None, typer.Option(help="Genre that items must have; of several, one.")
    ] = None,
    attribute: Annotated[
        list[str] | None,
        typer.Option(
            help="What items must be, e.g. 'genres!=Horror', 'genres=Comedy|Musical', "
            "'year=1990..1999' (numbers by ranges alone); of several, all."
        ),
    ] = None,
    diversity: Annotated[
        float,
        typer.Option(min=0, max=1, help="0, the order of the scores, to 1, least alike."),
    ] = 0.0,
    cap: Annotated[
        list[str] | None,
        typer.Option(help="Most items with the same value, e.g. genres=2; several."),
    ] = None,
    page_token: Annotated[
        str, typer.Option(help="What an earlier call printed, for what comes after it.")
    ] = "",
    run: RunOption = DEFAULT_RUN,
    config: ConfigOption = None,
) -> None:
    """Ask a server for one person, or for people who watch together."""
    from commands.conditions import read_caps, read_conditions
    from schemas import recommender_pb2 as pb
    from serving.client import Client
    from serving.display import reasons_list, recommendations_table

    _check_goal(objective, strategy, rating_weight)
    conditions, caps = read_conditions(genre or [], attribute or []), read_caps(cap or [])
    with contextlib.ExitStack() as opened:
        target = server or _started(opened, run, config)
        answer = opened.enter_context(Client(target)).recommend(
            user,
            k=k,
            objective=getattr(pb, objective.name),
            group_strategy=getattr(pb, strategy.name if strategy else "GROUP_STRATEGY_UNSPECIFIED"),
            rating_weight=rating_weight,
            explain=explain,
            exclude=exclude or [],
            conditions=conditions,
            diversity=diversity,
            caps=caps,
            page_token=page_token,
        )
    console.print(recommendations_table(f"For {' and '.join(user)}", answer))
    if explain:
        console.print(reasons_list(user, answer))
    if answer.next_page_token:
        console.print(f"next page: --page-token {answer.next_page_token}", soft_wrap=True)


def _check_goal(
    objective: Objective, strategy: GroupStrategy | None, rating_weight: float | None
) -> None:
    """Refuses what does not go together before a server is started for it."""
    if strategy == GroupStrategy.JOINT and objective == Objective.WATCH_NEXT:
        raise ValueError("--strategy: joint is of ratings, so --objective rating or blend")
    if rating_weight is not None and objective != Objective.BLEND:
        raise ValueError("--rating-weight: of a blend, so --objective blend")


def _started(opened: contextlib.ExitStack, run: Path, config: Path | None) -> str:
    """`host:port` of a server that runs until the stack closes."""
    from serving.own_process import server_process

    console.print("starting a server for this call; --server asks one that runs")
    with progress_line("starting a server"):
        return opened.enter_context(server_process(run, config))


@app.command("doctor")
def check_installation() -> None:
    """Print versions and check them against the pins."""
    table = Table("package", "installed", "wanted", "")
    findings = check_pins()
    for finding in findings:
        left_out = finding.ok and finding.installed == NOT_INSTALLED
        mark = "optional" if left_out else "[green]ok" if finding.ok else "[red]not met"
        table.add_row(finding.package, finding.installed, finding.wanted, mark)
    console.print(table)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)
