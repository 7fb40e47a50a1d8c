"""A schema held against the card: what it demands of each column, or why the two do not fit."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from tensorflow_metadata.proto.v0 import schema_pb2

from pipeline.feature_types import tfmd_type
from pipeline.validation.columns import Column, Part, source_columns
from pipeline.validation.expected import Expected
from pipeline.validation.text import parse_schema
from schemas.cards import Card
from schemas.columns import RATING

DOMAINS = {
    schema_pb2.BYTES: ("domain", "string_domain"),
    schema_pb2.INT: ("int_domain",),
    schema_pb2.FLOAT: ("float_domain",),
}


def load_demands(path: Path, card: Card) -> dict[str, Expected]:
    """What a schema file demands of each column that a card reads.

    Raises:
        ValueError: As `text.parse_schema`, or the schema contradicts the card: it knows a column
            that the card does not read or lacks one, or a type, presence, number of values or
            domain is not that of the kind. The message names file, feature and field.
    """
    schema, columns = parse_schema(path), source_columns(card)
    named = {domain.name: domain for domain in schema.string_domain}
    if len(named) < len(schema.string_domain):
        raise ValueError(f"{path}: string_domain: expected each name once, got {[*named]} again")
    found: dict[str, Expected] = {}
    for feature in schema.feature:
        where = f"{path}: feature {feature.name!r}"
        if feature.name not in columns:
            raise ValueError(
                f"{where}: expected a column that the card {card.name} reads, one of {[*columns]}"
            )
        if feature.name in found:
            raise ValueError(f"{where}: expected it once, got it twice")
        try:
            found[feature.name] = _demands(feature, columns[feature.name], named, card)
        except ValueError as error:
            raise ValueError(f"{where}: {error}") from None
    for name in columns:
        if name not in found:
            raise ValueError(
                f"{path}: feature {name!r}: expected it in the schema, for the card {card.name} "
                f"reads it; got {[*found]}"
            )
    return found


def _demands(
    feature: schema_pb2.Feature,
    column: Column,
    named: dict[str, schema_pb2.StringDomain],
    card: Card,
) -> Expected:
    wanted = tfmd_type(column.value_type)
    if feature.type != wanted:
        says = f"the card says {column.kind}" if column.kind else "that is what is read"
        names = schema_pb2.FeatureType.Name
        raise ValueError(f"type: expected {names(wanted)}, for {says}; got {names(feature.type)}")
    constraints = feature.distribution_constraints
    bounds = _bounds(feature, wanted, named)
    has_mass = constraints.HasField("min_domain_mass")
    expected = Expected(
        **bounds,
        min_mass=constraints.min_domain_mass if has_mass else 1.0,
        min_fraction=feature.presence.min_fraction,
        min_count=feature.presence.min_count,
        **_value_count(feature.value_count, column),
        is_time=column.is_time,
    )
    for name, share in (
        ("presence.min_fraction", expected.min_fraction),
        ("distribution_constraints.min_domain_mass", expected.min_mass),
    ):
        if not 0 <= share <= 1:  # NaN compares false
            raise ValueError(f"{name}: expected 0 to 1, got {share}")
    if has_mass and not expected.has_domain:
        raise ValueError("distribution_constraints: expected a domain to be inside of, got none")
    if column.part is Part.EVENTS:
        _check_event(feature, expected, card)
    return expected


def _bounds(
    feature: schema_pb2.Feature, feature_type: int, named: dict[str, schema_pb2.StringDomain]
) -> dict[str, Any]:
    which = feature.WhichOneof("domain_info")
    if which is None:
        return {}
    if which not in DOMAINS[feature_type]:
        raise ValueError(f"{which}: expected one of {list(DOMAINS[feature_type])}, if any")
    if feature_type == schema_pb2.BYTES:
        domain = feature.string_domain
        if which == "domain":
            if feature.domain not in named:
                raise ValueError(
                    f"domain: expected the name of a string_domain, one of {sorted(named)}, "
                    f"got {feature.domain!r}"
                )
            domain = named[feature.domain]
        if not domain.value or "" in domain.value:
            raise ValueError(f"{which}: expected values that are not empty, got {domain.value}")
        return {"values": tuple(domain.value)}
    numbers = getattr(feature, which)
    low = numbers.min if numbers.HasField("min") else -math.inf
    high = numbers.max if numbers.HasField("max") else math.inf
    if not low <= high:
        raise ValueError(f"{which}: expected min up to max, got {low} and {high}")
    return {"low": low, "high": high}


def _value_count(count: schema_pb2.ValueCount, column: Column) -> dict[str, Any]:
    fewest = count.min if count.HasField("min") else 1
    most = count.max if count.HasField("max") else math.inf
    if not 0 <= fewest <= most or most < 1:
        raise ValueError(f"value_count: expected min up to max, got {fewest} and {most}")
    if not column.is_list and (fewest > 1 or math.inf > most > 1):
        raise ValueError(f"value_count: expected 1, as a row has, got {fewest} to {most}")
    return {"fewest": fewest, "most": most} if column.is_list else {}


def _check_event(feature: schema_pb2.Feature, expected: Expected, card: Card) -> None:
    """Every event has each of its columns, and each event is taken or not by itself."""
    if feature.presence.HasField("min_fraction") and expected.min_fraction < 1:
        raise ValueError(
            f"presence.min_fraction: expected 1, for every event has one, "
            f"got {expected.min_fraction}"
        )
    if expected.min_count > 1:
        raise ValueError(f"presence.min_count: expected at most 1, got {expected.min_count}")
    if feature.HasField("distribution_constraints"):
        raise ValueError(
            "distribution_constraints: expected none; prepare.max_reject_rate is the share of "
            "events that may be outside"
        )
    if feature.name == RATING and expected.has_domain:
        least, most = (float(np.float32(end)) for end in card.rating_range)
        ends = (expected.low, expected.high)
        if not all(math.isinf(end) or least <= end <= most for end in ends):
            raise ValueError(
                f"float_domain: expected ends inside of the card's {least} to {most}, "
                f"got {expected.domain}"
            )
