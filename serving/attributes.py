"""Conditions on item features, as masks over the rows of the catalogue."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.cards import FeatureKind


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


Condition = OneOf | Between


def mask(column: pa.ChunkedArray, kind: FeatureKind, condition: Condition) -> np.ndarray:
    """Which items meet a condition, `[items]` bool.

    Args:
        column: The feature's column of the catalogue.
        kind: The feature's kind.
        condition: On that feature.

    Raises:
        ValueError: The condition does not suit the kind, or nothing can meet it.
    """
    numeric = kind in (FeatureKind.NUMERIC, FeatureKind.TIMESTAMP)
    if isinstance(condition, Between):
        if not numeric:
            raise ValueError(f"{condition.feature}: expected a numeric feature, got {kind}")
        # NaN compares false, so that a range with one is refused too.
        if not condition.least <= condition.most:
            raise ValueError(
                f"{condition.feature}: expected least <= most, "
                f"got {condition.least} and {condition.most}"
            )
        return _between(column.to_numpy(), kind, condition)
    if numeric:
        raise ValueError(f"{condition.feature}: expected a feature of texts, got {kind}")
    if not condition.values or "" in condition.values:
        raise ValueError(
            f"{condition.feature}: expected values, none of them empty, got {condition.values}"
        )
    return _one_of(column.combine_chunks(), kind, condition)


def _between(numbers: np.ndarray, kind: FeatureKind, condition: Between) -> np.ndarray:
    inside = (numbers >= condition.least) & (numbers <= condition.most)
    # A time of 0 seconds means that none is known; a missing number is NaN and never inside.
    return np.asarray(inside & (numbers != 0) if kind == FeatureKind.TIMESTAMP else inside)


def _one_of(column: pa.Array, kind: FeatureKind, condition: OneOf) -> np.ndarray:
    wanted = pa.array(condition.values, pa.string())
    if kind != FeatureKind.MULTI_CATEGORICAL:
        return np.asarray(pc.is_in(column, value_set=wanted).to_numpy(zero_copy_only=False))
    hit = pc.is_in(pc.list_flatten(column), value_set=wanted)
    met = np.zeros(len(column), dtype=bool)
    met[pc.list_parent_indices(column).filter(hit).to_numpy()] = True
    return met
