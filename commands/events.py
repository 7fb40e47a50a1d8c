"""`matinee events`: what people watched, told to a server that goes by it at once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
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

OF_AN_EVENT = re.compile(r"events\[(?P<at>\d+)\]\.(?P<fault>.*?)(?:; the \d+ events before it.*)?$")
"""What a server says of an event."""
SHOWN = 100
"""Of a line at fault, characters."""


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
    """Record events, each once: one whose event_id is known changes nothing."""
    from serving.client import Client

    for _ in read_events(file):
        pass  # a line at fault is told before anything is sent
    recorded = known = 0
    with Client(server, deadline_seconds=60) as client, progress_line("record") as report:
        most, numbered = client.model_info().limits.max_events, read_events(file)
        while batch := list(islice(numbered, most)):
            lines, events = zip(*batch, strict=True)
            try:
                answer = client.record_events(events)
            except RuntimeError as error:
                raise RuntimeError(_fault(str(error), file, lines, recorded + known)) from error
            recorded, known = recorded + answer.recorded, known + answer.known
            report("record", recorded + known, None)
    console.print(f"{recorded} recorded, {known} already known")


def read_events(file: Path) -> Iterator[tuple[int, RecordEventsRequest]]:
    """Events of a file of JSON lines, each with the number of its line; blank lines are none.

    Raises:
        ValueError: A line is no event; the message names it. Or there is no event.
    """
    found = False
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                found = True
                yield number, _event(f"{file}, line {number}", line)
    if not found:
        raise ValueError(f"{file}: expected a JSON line for each event, got none")


def _event(where: str, line: str) -> RecordEventsRequest:
    from google.protobuf import json_format

    from schemas.recommender_pb2 import RecordEventsRequest

    try:
        read = json.loads(line)
    except ValueError as error:
        raise ValueError(f"{where}: expected JSON, got {error}") from None
    fields = [*RecordEventsRequest.DESCRIPTOR.fields_by_name]
    if not isinstance(read, dict) or set(read) - set(fields):
        raise ValueError(
            f"{where}: expected an object of {', '.join(fields)}, got {line.strip()[:SHOWN]}"
        )
    try:
        return json_format.ParseDict(read, RecordEventsRequest())
    except json_format.ParseError as error:
        raise ValueError(f"{where}: {error}") from None


def _fault(message: str, file: Path, lines: Sequence[int], before: int) -> str:
    """What a server says of an event of a call, said of the file's line.

    Args:
        message: Of the server.
        file: All events.
        lines: Of the events of the call.
        before: Events of earlier calls.
    """
    found = OF_AN_EVENT.search(message)
    if found is None:
        return f"{file}: {message}; at least {before} events are recorded"
    at = int(found["at"])
    return (
        f"{file}, line {lines[at]}: {found['fault']}; {before + at} events before it are recorded"
    )
