"""Categorical features of items as lists of mentions, and what share each value has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.describe.catalogue import Catalogue
from pipeline.describe.shares import share
from schemas.cards import Feature, FeatureKind

KINDS = (FeatureKind.CATEGORICAL, FeatureKind.MULTI_CATEGORICAL)


@dataclass(frozen=True, eq=False)
class Categories:
    """Which items have which values; an item may have several, or none.

    Attributes:
        values: Each once, sorted.
        item: int64 `[mentions]`, row of the catalogue.
        code: int64 `[mentions]`, position of a value that the item has.
    """

    values: list[str]
    item: np.ndarray
    code: np.ndarray

    def count(self, per_item: np.ndarray) -> np.ndarray:
        """Sum over the items that have a value, for each value: int64 `[values]`.

        Args:
            per_item: int64 `[items]`.
        """
        # bincount adds weights as float64, which is exact below 2 ** 53.
        found = np.bincount(self.code, per_item[self.item], len(self.values))
        return found.astype(np.int64)


def read_categories(catalogue: Catalogue, features: Mapping[str, Feature]) -> dict[str, Categories]:
    """Every categorical item feature, of one or several values, in card order."""
    return {
        name: categories(catalogue.column(name))
        for name, feature in features.items()
        if feature.kind in KINDS
    }


def categories(column: pa.Array) -> Categories:
    """Builds them; "" is no value, and a value that an item names twice counts once.

    Args:
        column: Strings or lists of strings `[items]`.
    """
    if pa.types.is_list(column.type):
        item, flat = pc.list_parent_indices(column), pc.list_flatten(column)
    else:
        item, flat = pa.array(np.arange(len(column))), column
    given = pc.fill_null(pc.not_equal(flat, ""), False)
    flat = flat.filter(given)
    values = pc.unique(flat).sort()
    code = pc.index_in(flat, value_set=values).to_numpy(zero_copy_only=False).astype(np.int64)
    rows = item.filter(given).to_numpy(zero_copy_only=False).astype(np.int64)
    pairs = np.unique(rows * max(1, len(values)) + code)
    return Categories(values.to_pylist(), *np.divmod(pairs, max(1, len(values))))


def category_shares(found: Categories, item_events: np.ndarray, most: int) -> dict[str, Any]:
    """What share of the items, and of the events, has a value.

    An item of several values counts for each, so that shares may add up to more than 1.

    Args:
        found: A feature.
        item_events: int64 `[items]`, events of each.
        most: Values to list, those with the most events.

    Returns:
        `values`: how many there are. `listed`: `value`, `items`, `item_share`, `events` and
        `event_share` of the first.
    """
    items = found.count(np.ones_like(item_events))
    events = found.count(item_events)
    order = np.lexsort((-items, -events))[:most]
    return {
        "values": len(found.values),
        "listed": [
            {
                "value": found.values[code],
                "items": int(items[code]),
                "item_share": share(items[code], len(item_events)),
                "events": int(events[code]),
                "event_share": share(events[code], item_events.sum()),
            }
            for code in order
        ],
    }
