"""`matinee events`: what people watched, told to a server that goes by it at once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.terminal import DEFAULT_SERVER, ServerOption, console, progress_line

if TYPE_CHECKING:
    from schemas.recommender_pb2 import RecordEventsRequest

app = typer.Typer()
events_app = typer.Typer(help="Tell a running server what people watched.", no_args_is_help=True)
app.add_typer(events_app, name="events")


@events_app.command()
def record(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True,
            dir_okay=False,
            help="JSON lines: event_id, user_id, item_id and, if known, rating and timestamp.",
        ),
    ],
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Record events; the same file may be recorded again, as nothing is recorded twice."""
    from serving.client import Client

    events = read_events(file)
    recorded = known = 0
    with Client(server, deadline_seconds=60) as client, progress_line("record") as report:
        most = client.model_info().limits.max_events
        while batch := list(islice(events, most)):
            try:
                answer = client.record_events(batch)
            except RuntimeError as error:
                raise RuntimeError(f"{file}, after {recorded + known} events: {error}") from error
            recorded, known = recorded + answer.recorded, known + answer.known
            report("record", recorded + known, None)
    console.print(f"{recorded} recorded, {known} known before")


def read_events(file: Path) -> Iterator[RecordEventsRequest]:
    """Events of a file of JSON lines, one after the other; blank lines are none.

    Raises:
        ValueError: A line is no event; the message names it. Or there is no event.
    """
    from google.protobuf import json_format

    from schemas.recommender_pb2 import RecordEventsRequest

    found = False
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                found = True
                try:
                    yield json_format.Parse(line, RecordEventsRequest())
                except json_format.ParseError as error:
                    raise ValueError(f"{file}, line {number}: expected an event, {error}") from None
    if not found:
        raise ValueError(f"{file}: expected a JSON line for each event, got none")
