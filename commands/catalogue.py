"""`matinee items`: changes of the catalogue that a server goes by at once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from commands.terminal import DEFAULT_SERVER, ServerOption, console

app = typer.Typer()
items_app = typer.Typer(help="Change the catalogue of a running server.", no_args_is_help=True)
app.add_typer(items_app, name="items")

ITEM_ID = "item_id"
BATCH_BYTES = 1 << 19
"""Of the text of one call; a server takes 1 MiB unless it was told otherwise."""

Features = dict[str, list[str]]


@items_app.command()
def upsert(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True,
            dir_okay=False,
            help="JSON lines: item_id, and each feature of the catalogue by name.",
        ),
    ],
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Add items, or replace all that is known of them."""
    from serving.client import Client

    items = read_items(file)
    counts = {"added": 0, "changed": 0, "unchanged": 0}
    with Client(server, deadline_seconds=60) as client:
        limits = client.model_info().limits
        needs_rebuild = False
        for batch in batches(items, limits.max_items, min(BATCH_BYTES, limits.max_message_bytes)):
            answer = client.upsert_items(batch)
            for name in counts:
                counts[name] += getattr(answer, name)
            needs_rebuild = answer.changes.needs_rebuild
    console.print(", ".join(f"{count} {name}" for name, count in counts.items()))
    _say_rebuild(needs_rebuild)


@items_app.command()
def delete(
    item_ids: Annotated[list[str], typer.Argument(help="Ids of items.")],
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Take items out of the catalogue; histories keep them."""
    from serving.client import Client

    deleted = unknown = 0
    needs_rebuild = False
    with Client(server, deadline_seconds=60) as client:
        most, ids = client.model_info().limits.max_items, [*dict.fromkeys(item_ids)]
        for at in range(0, len(ids), most):
            answer = client.delete_items(ids[at : at + most])
            deleted += answer.deleted
            unknown += answer.unknown
            needs_rebuild = answer.changes.needs_rebuild
    console.print(f"{deleted} deleted, {unknown} not in the catalogue")
    _say_rebuild(needs_rebuild)


def read_items(file: Path) -> dict[str, Features]:
    """Items of a file of JSON lines, feature name to texts.

    Raises:
        ValueError: A line is no such item, or an item is there twice; the message names the line.
            Or there is no item; it names the file.
    """
    items: dict[str, Features] = {}
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                item_id, features = _item(f"{file}, line {number}", line)
                if item_id in items:
                    raise ValueError(f"{file}, line {number}: expected each item once: {item_id!r}")
                items[item_id] = features
    if not items:
        raise ValueError(f"{file}: expected a JSON line for each item, got none")
    return items


def batches(
    items: Mapping[str, Features], most: int, most_bytes: int
) -> Iterator[dict[str, Features]]:
    """Items in calls of at most so many, and of about so many bytes."""
    batch: dict[str, Features] = {}
    size = 0
    for item_id, features in items.items():
        more = len(item_id.encode()) + sum(
            len(name) + sum(len(value.encode()) + 4 for value in values) + 8
            for name, values in features.items()
        )
        if batch and (len(batch) >= most or size + more > most_bytes):
            yield batch
            batch, size = {}, 0
        batch[item_id] = features
        size += more
    if batch:
        yield batch


def _item(where: str, line: str) -> tuple[str, Features]:
    try:
        read = json.loads(line)
    except ValueError as error:
        raise ValueError(f"{where}: expected JSON, got {error}") from None
    if not isinstance(read, dict) or not isinstance(read.get(ITEM_ID), str):
        raise ValueError(f'{where}: expected an object with a text "{ITEM_ID}"')
    features = {
        name: _texts(f"{where}: {name}", value)
        for name, value in read.items()
        if name != ITEM_ID and value is not None
    }
    return read[ITEM_ID], features


def _texts(where: str, value: Any) -> list[str]:
    values: Sequence[Any] = value if isinstance(value, list) else [value]
    for each in values:
        if isinstance(each, bool) or not isinstance(each, str | int | float):
            raise ValueError(f"{where}: expected a text, a number or a list of them, got {each!r}")
    return [str(each) for each in values]


def _say_rebuild(needs_rebuild: bool) -> None:
    if needs_rebuild:
        console.print(
            "so much has changed that searches get slower: matinee index --rebuild merges it",
            highlight=False,
        )
