"""A small data set of every kind of column, and schemas of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.adopt import adopt
from pipeline.validation.demands import load_demands
from pipeline.validation.expected import Expected
from pipeline.validation.infer import infer_to
from schemas.artifacts import Artifact
from schemas.cards import Card, load_card

CARD = """
name = "shop"
[events]
files = "events*.csv"
format = "csv"
user_id = "user"
item_id = "item"
rating = "stars"
timestamp = "time"
[rating]
min = 0.1
max = 5
[items]
files = "items.jsonl"
format = "jsonl"
item_id = "item"
[users]
files = "users.jsonl"
format = "jsonl"
user_id = "user"
[item_features]
title = "display"
words = "text"
colour = "categorical"
tags = "multi_categorical"
price = "numeric"
made = "timestamp"
[user_features]
gender = "categorical"
age = "numeric"
"""
MADE = 1_000_000_000
"""In 2001."""
Row = Mapping[str, object]


def item(number: int, **other: object) -> dict[str, object]:
    """An item with a value of every feature."""
    values = {"title": f"Thing {number}", "words": "so nice", "colour": ("red", "blue")[number % 2]}
    values |= {"tags": ["small", "new"][: 1 + number % 2], "price": 0.1 * number, "made": MADE}
    return {"item": f"i{number}"} | values | other


def person(number: int, **other: object) -> dict[str, object]:
    """A person with a value of every feature."""
    return {"user": f"u{number}", "gender": ("F", "M")[number % 2], "age": 20 + number} | other


ITEMS = tuple(item(number) for number in range(40))
PEOPLE = tuple(person(number) for number in range(40))
EVENTS = ("u1,i1,3,1100000000", "u1,i2,0.1,1200000000", "u2,i1,5,1150000000")


def write(
    directory: Path,
    events: Sequence[str] = EVENTS,
    items: Sequence[Row] = ITEMS,
    people: Sequence[Row] = PEOPLE,
    card: str = CARD,
) -> Artifact:
    """Writes card and files; `events` are lines, the others a mapping for each row."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "shop.toml").write_text(card)
    (directory / "events.csv").write_text("\n".join(["user,item,stars,time", *events]) + "\n")
    for name, rows in (("items", items), ("users", people)):
        (directory / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return adopt(directory / "shop.toml")


def card_in(directory: Path) -> Card:
    """The card that `write` wrote."""
    return load_card(directory / "shop.toml")


def inferred(data: Artifact, path: Path) -> dict[str, Expected]:
    """What the schema demands that is inferred from the data, and written to a file."""
    infer_to(data, path)
    return load_demands(path, card_in(data.path))
