"""Conditions on item features, as masks over the rows of the catalogue."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from schemas.cards import FeatureKind
from serving.errors import shown
from serving.postings import Postings


@dataclass(frozen=True)
class OneOf:
    """A feature has at least one of some values, written as the catalogue has them.

    Attributes:
        feature: A feature of texts, one or several an item.
        values: At least one.
    """

    feature: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class NoneOf:
    """A feature has none of some values; one without any value has none of them.

    Attributes:
        feature: A feature of texts, one or several an item.
        values: At least one.
    """

    feature: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Between:
    """A number lies in a range; a missing one lies in none.

    Attributes:
        feature: A numeric feature, or a time in unix seconds.
        least: Smallest value, itself included.
        most: Largest value, itself included.
    """

    feature: str
    least: float = -math.inf
    most: float = math.inf


Condition = OneOf | NoneOf | Between
NUMBERS = (FeatureKind.NUMERIC, FeatureKind.TIMESTAMP)
"""All other features hold texts."""


def check(kind: FeatureKind, condition: Condition) -> None:
    """Refuses a condition on a feature of some kind.

    Raises:
        ValueError: The condition does not suit the kind, or nothing can meet it.
    """
    name = condition.feature
    if isinstance(condition, Between):
        if kind not in NUMBERS:
            raise ValueError(f"{name}: expected a numeric feature, got {kind}")
        # NaN compares false, so that a range with one is refused too.
        if not condition.least <= condition.most:
            raise ValueError(
                f"{name}: expected least <= most, got {condition.least} and {condition.most}"
            )
        return
    if kind in NUMBERS:
        raise ValueError(f"{name}: expected a range, for it is {kind}, got values")
    if not condition.values or "" in condition.values:
        raise ValueError(
            f"{name}: expected values, none of them empty, got {shown(condition.values)}"
        )


def mask(
    column: pa.ChunkedArray,
    kind: FeatureKind,
    condition: Condition,
    postings: Postings | None = None,
) -> np.ndarray:
    """Which items meet a condition, `[items]` bool.

    Args:
        column: The feature's column of the catalogue.
        kind: The feature's kind.
        condition: On that feature.
        postings: Of the column, where they are kept.

    Raises:
        ValueError: The condition does not suit the kind, or nothing can meet it.
    """
    check(kind, condition)
    if isinstance(condition, Between):
        return _between(column.to_numpy(), kind, condition)
    found = postings or Postings.of(column.combine_chunks())
    has_one = found.having(condition.values)
    return has_one if isinstance(condition, OneOf) else ~has_one


def _between(numbers: np.ndarray, kind: FeatureKind, condition: Between) -> np.ndarray:
    # Compared as they are stored: 7.3 is inside a range that ends at 7.3.
    ends = np.array([condition.least, condition.most])
    with np.errstate(over="ignore"):  # what is beyond float32 is as good as infinite
        least, most = ends.astype(numbers.dtype) if kind == FeatureKind.NUMERIC else ends
    inside = (numbers >= least) & (numbers <= most)
    # A time of 0 seconds means that none is known; a missing number is NaN and never inside.
    return np.asarray(inside & (numbers != 0) if kind == FeatureKind.TIMESTAMP else inside)
