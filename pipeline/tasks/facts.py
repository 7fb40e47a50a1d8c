"""What examples are told of items: train ratings, and the values of chosen features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from schemas.columns import ITEM_ID

RATING_COUNT, RATING_SUM = "rating_count", "rating_sum"
MOST_VALUES = 256
"""Each value is two columns of every example: genres are meant, not people."""


class FeatureValues(NamedTuple):
    """The values of one feature for each item.

    Attributes:
        names: The values, sorted; a value's code is its position.
        offsets: int64 `[items + 1]`; item i has `codes[offsets[i]:offsets[i + 1]]`.
        codes: int64.
    """

    names: list[str]
    offsets: np.ndarray
    codes: np.ndarray


@dataclass(frozen=True, eq=False)
class ItemFacts:
    """Facts by place in the catalogue.

    Attributes:
        item_id: Strings `[items]`.
        rating_count: int64 `[items]`, rated events of `train`.
        rating_sum: float64 `[items]`, their ratings.
        values: Feature name to its values.
    """

    item_id: pa.Array
    rating_count: np.ndarray
    rating_sum: np.ndarray
    values: Mapping[str, FeatureValues]

    def rows(self, items: pa.Array) -> np.ndarray:
        """Place of each item in the catalogue, -1 for padding: int64."""
        found = pc.index_in(items, value_set=self.item_id)
        return pc.fill_null(found, -1).to_numpy().astype(np.int64)


def load_facts(catalogue: Path, ratings: Path, features: Sequence[str]) -> ItemFacts:
    """Reads the facts.

    Args:
        catalogue: `catalogue.parquet`.
        ratings: `item_ratings.parquet`, rows in the same order.
        features: Categorical item features, of one or several values.

    Raises:
        ValueError: A feature is unknown, of another kind, or has too many values.
    """
    items = pa.parquet.read_table(catalogue).combine_chunks()
    known = pa.parquet.read_table(ratings).combine_chunks()
    return ItemFacts(
        item_id=_array(items, ITEM_ID),
        rating_count=known[RATING_COUNT].to_numpy(),
        rating_sum=known[RATING_SUM].to_numpy(),
        values={name: feature_values(items, name) for name in features},
    )


def feature_values(items: pa.Table, name: str) -> FeatureValues:
    """The values of a feature of the catalogue.

    Raises:
        ValueError: As `load_facts`.
    """
    if name not in items.column_names:
        raise ValueError(
            f"prepare.statistics_features: expected some of {items.column_names}, got {name!r}"
        )
    column = _array(items, name)
    if pa.types.is_list(column.type) and pa.types.is_string(column.type.value_type):
        lengths, flat = pc.list_value_length(column).to_numpy(), column.flatten()
    elif pa.types.is_string(column.type):
        given = pc.not_equal(column, "")  # which means missing
        lengths, flat = given.to_numpy(zero_copy_only=False).astype(np.int64), column.filter(given)
    else:
        raise ValueError(
            f"prepare.statistics_features: expected a categorical feature, got {name!r} of type "
            f"{column.type}"
        )
    names = pc.unique(flat).sort()
    if len(names) > MOST_VALUES:
        raise ValueError(
            f"prepare.statistics_features: expected features of at most {MOST_VALUES} values, got "
            f"{name!r} with {len(names)}"
        )
    codes = pc.index_in(flat, value_set=names).to_numpy().astype(np.int64)
    return FeatureValues(names.to_pylist(), np.concatenate([[0], np.cumsum(lengths)]), codes)


def _array(table: pa.Table, name: str) -> pa.Array:
    column = table[name].combine_chunks()
    return column if isinstance(column, pa.Array) else pa.concat_arrays(column.chunks)
