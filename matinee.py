"""The `matinee` command: every stage by itself, and `quickstart`, the whole flow on one screen."""

from __future__ import annotations

import contextlib
import signal
import sys
import time
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from commands import catalogue as catalogue_commands
from commands import data as data_commands
from commands import events as event_commands
from commands import export as export_commands
from commands import models as model_commands
from commands import service as service_commands
from commands.compare import command as compare_command
from commands.stages import Stages, fetch_dataset
from commands.terminal import (
    DEFAULT_DATA,
    DEFAULT_DATASET,
    DEFAULT_RUN,
    ConfigOption,
    DataOption,
    DatasetOption,
    RunOption,
    console,
    progress_line,
)
from schemas.artifacts import write_json
from schemas.config import load_config

app = typer.Typer(help=__doc__, no_args_is_help=True, pretty_exceptions_enable=False)
for group in (
    data_commands,
    model_commands,
    compare_command,
    export_commands,
    service_commands,
    catalogue_commands,
    event_commands,
):
    app.add_typer(group.app)


@app.command()
def quickstart(
    dataset: DatasetOption = DEFAULT_DATASET,
    data: DataOption = DEFAULT_DATA,
    run: RunOption = DEFAULT_RUN,
    config: ConfigOption = None,
    k: Annotated[int, typer.Option("-k", min=1, help="How many items in each example list.")] = 10,
) -> None:
    """Everything: fetch, prepare, train, index, evaluate, serve, recommend; then report.json."""
    stages = Stages(run, load_config(config))  # a mistake in it is told at once

    from google.protobuf.json_format import MessageToDict

    from evaluation.report import assemble_report, metrics_table, seconds_table
    from evaluation.requests import read_requests
    from serving.client import Client
    from serving.display import recommendations_table
    from serving.own_process import server_process

    started = time.monotonic()
    source = fetch_dataset(dataset, data)
    fetched = time.monotonic()
    built = {
        "prepared": stages.prepare(source, []),
        "retrieval": stages.train_retrieval(),
        "index": stages.index(),
        "ranking": stages.train_ranking(),
        "evaluation": stages.evaluate(),
    }
    known = [*dict.fromkeys(read_requests(built["prepared"].path, "test").user_ids)][:2]
    answers, asked = [], time.monotonic()
    with contextlib.ExitStack() as opened:
        with progress_line("starting a server"):
            target = opened.enter_context(server_process(run, config))
        ask = opened.enter_context(Client(target))
        for users in (known[:1], known):
            answer = ask.recommend(users, k=k)
            console.print(recommendations_table(f"For {' and '.join(users)}", answer))
            answers.append({"users": users, "response": MessageToDict(answer)})

    metrics = built["evaluation"].figures
    report = assemble_report(dataset, built, metrics, answers)
    ended = time.monotonic()
    report["seconds"] = {
        "fetch": round(fetched - started, 3),
        **report["seconds"],
        "serve_and_recommend": round(ended - asked, 1),
        "this_run": round(ended - started, 1),
    }
    write_json(run / "report.json", report)
    console.print(metrics_table(metrics), seconds_table(report["seconds"]))
    for stage, artifact in built.items():
        console.print(f"{stage:11s} {artifact.path}", highlight=False, markup=False)
    console.print(f"{'report':11s} {run / 'report.json'}", highlight=False, markup=False)


def main() -> None:
    """Runs the command line; an error that has a message is shown as that message."""
    # So that a server that a command started ends with it.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        app()
    except (ValueError, OSError, RuntimeError, ImportError, ArithmeticError) as error:
        Console(stderr=True).print(f"[red]matinee:[/red] {escape(str(error))}", highlight=False)
        sys.exit(1)


if __name__ == "__main__":
    main()
