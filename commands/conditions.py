"""Conditions on items as people write them at a terminal."""

from __future__ import annotations

import re
from collections.abc import Sequence

from schemas import recommender_pb2 as pb

GENRES = "genres"
_NUMBER = r"-?\d+(?:\.\d+)?"
_RANGE = re.compile(rf"(?P<least>{_NUMBER})?\.\.(?P<most>{_NUMBER})?")


def read_conditions(genres: Sequence[str], attributes: Sequence[str]) -> list[pb.Condition]:
    """What items must be.

    Args:
        genres: One of them, if any are given.
        attributes: Each must hold: `feature=value`, `feature=one|other`, `feature!=value` or, of
            numbers, `feature=least..most` with either end left out.

    Raises:
        ValueError: An attribute of another form.
    """
    conditions = [_condition(attribute) for attribute in attributes]
    if genres:
        conditions.append(pb.Condition(feature=GENRES, any_of=pb.FeatureValues(values=genres)))
    return conditions


def read_caps(caps: Sequence[str]) -> dict[str, int]:
    """Feature name to the most items with the same value, from texts like `genres=2`.

    Raises:
        ValueError: A cap of another form.
    """
    read = {}
    for cap in caps:
        feature, equals, most = cap.partition("=")
        if not (feature and equals and most.isdecimal() and int(most)):
            raise ValueError(f"--cap: expected FEATURE=COUNT, at least 1, got {cap!r}")
        read[feature] = int(most)
    return read


def _condition(attribute: str) -> pb.Condition:
    feature, equals, text = attribute.partition("=")
    negated = feature.endswith("!")
    feature = feature.removesuffix("!")
    if not (feature and equals and text):
        raise ValueError(
            f"--attribute: expected FEATURE=VALUE, FEATURE!=VALUE or FEATURE=FROM..TO, "
            f"got {attribute!r}"
        )
    found = _RANGE.fullmatch(text)
    if found and not negated and text != "..":
        ends = {name: float(end) for name, end in found.groupdict().items() if end}
        return pb.Condition(feature=feature, range=pb.Range(**ends))
    values = pb.FeatureValues(values=text.split("|"))
    if negated:
        return pb.Condition(feature=feature, none_of=values)
    return pb.Condition(feature=feature, any_of=values)
