"""Schemas as files that people edit: text protos with comments."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from google.protobuf import text_format
from google.protobuf.message import Message
from tensorflow_metadata.proto.v0 import schema_pb2

from pipeline.validation.columns import Part, source_columns
from schemas.cards import Card

HEAD = """\
# What the columns of {name} hold once they are read: a TensorFlow Metadata schema, as a text proto.
#
# `matinee prepare` turns away events outside it, and stops at items and people outside it.
# This is what was found; write down what is right instead (docs/schema.md has every key):
#   int_domain, float_domain    least and greatest value; times are in unix seconds
#   string_domain               every value there is; without it, any text may come
#   presence.min_fraction       share of the rows that must have a value
#   value_count                 fewest and most values of a row that has any
#   distribution_constraints {{ min_domain_mass: 0.99 }}
#                               share of an item's or a person's feature that must lie in its domain
#
"""
SECTIONS = {Part.EVENTS: "Events", Part.ITEMS: "Items", Part.USERS: "People"}
MARK = re.compile(rb"^# As inferred: ([0-9a-f]{12})\n", re.MULTILINE)
"""Holds a digest of all else in the file."""

ENFORCED: dict[str, set[str]] = {
    "Schema": {"feature", "string_domain", "annotation"},
    "Feature": {
        *("name", "type", "presence", "value_count", "domain", "annotation"),
        *("string_domain", "int_domain", "float_domain", "distribution_constraints"),
    },
    "FeaturePresence": {"min_fraction", "min_count"},
    "ValueCount": {"min", "max"},
    "StringDomain": {"name", "value"},
    "IntDomain": {"name", "min", "max"},
    "FloatDomain": {"name", "min", "max"},
    "DistributionConstraints": {"min_domain_mass"},
}
"""Fields of each message; annotations are for people."""


def parse_schema(path: Path) -> schema_pb2.Schema:
    """Reads a schema.

    Raises:
        ValueError: The file is no such text proto, or demands what is not enforced here; the
            message names the file and the field.
    """
    try:
        schema = text_format.Parse(path.read_text(encoding="utf-8"), schema_pb2.Schema())
    except (text_format.ParseError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: expected a TFMD schema as a text proto, got {error}") from None
    except RecursionError:
        raise ValueError(f"{path}: expected a TFMD schema, got one without end") from None
    _refuse_what_is_not_enforced(schema, f"{path}:")
    return schema


def schema_text(schema: schema_pb2.Schema, card: Card) -> str:
    """An inferred schema of a card's columns as a file, a section for each part of the card."""
    columns = source_columns(card)
    text, part = HEAD.format(name=card.name), None
    for feature in schema.feature:
        if columns[feature.name].part is not part:
            part = columns[feature.name].part
            text += f"\n# {SECTIONS[part]}\n\n"
        text += text_format.MessageToString(schema_pb2.Schema(feature=[feature]), as_utf8=True)
    first, rest = text.split("\n\n", 1)
    return f"{first}\n# As inferred: {_digest(text.encode())}\n\n{rest}"


def write_inferred(text: str, path: Path) -> None:
    """Puts what `schema_text` gave in place, aside first."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)


def is_edited(path: Path) -> bool:
    """Whether a file holds anything but what `schema_text` once gave."""
    content = path.read_bytes()
    mark = MARK.search(content)
    if mark is None:
        return True
    rest = content[: mark.start()] + content[mark.end() :]
    return mark.group(1).decode() != _digest(rest)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


def _refuse_what_is_not_enforced(message: Message, where: str) -> None:
    known = ENFORCED[message.DESCRIPTOR.name]
    for field, value in message.ListFields():
        if field.name not in known:
            raise ValueError(
                f"{where} {field.name}: expected what is enforced here, one of {sorted(known)}"
            )
        if field.name == "annotation" or field.message_type is None:
            continue
        for part in [value] if isinstance(value, Message) else value:
            name = f" {part.name!r}" if isinstance(part, schema_pb2.Feature) else ""
            _refuse_what_is_not_enforced(part, f"{where} {field.name}{name}:")
