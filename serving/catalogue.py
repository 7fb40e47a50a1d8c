"""The catalogue in memory: item id to row and back, features to show, popularity."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from schemas import columns
from schemas.cards import Card
from serving.attributes import Condition, mask


class Catalogue:
    """Every item; a row is the item's place in `catalogue.parquet` and in the index.

    Attributes:
        item_ids: Row to item id.
        encoded_ids: `[items]` object array of UTF-8 bytes, as TensorFlow takes strings.
        popular: `[items]` int64 rows, most watched in training first, ties by item id.
        train_count: `[items]` int64 events in the training split.
    """

    def __init__(self, path: Path, card: Card) -> None:
        """Reads `catalogue.parquet`.

        Raises:
            ValueError: A column is missing, or an item id is there twice.
        """
        expected = [columns.ITEM_ID, *card.item_features, columns.TRAIN_COUNT]
        found = pq.read_schema(path).names
        missing = [name for name in expected if name not in found]
        if missing:
            raise ValueError(f"{path}: expected the columns {expected}, {missing} missing")
        table = pq.read_table(path, columns=expected)
        self.item_ids: list[str] = table[columns.ITEM_ID].to_pylist()
        self._row = {item_id: row for row, item_id in enumerate(self.item_ids)}
        if len(self._row) != len(self.item_ids):
            raise ValueError(f"{path}: expected each item_id once")
        self.encoded_ids = np.array([item_id.encode() for item_id in self.item_ids], dtype=object)
        self.train_count = table[columns.TRAIN_COUNT].to_numpy()
        self.popular = np.argsort(-self.train_count, kind="stable")
        self._features = table.select(list(card.item_features))
        self._kinds = {name: feature.kind for name, feature in card.item_features.items()}

    def __len__(self) -> int:
        return len(self.item_ids)

    def rows(self, item_ids: Iterable[str]) -> np.ndarray:
        """Rows of item ids, `[ids]` int64; -1 for an id that the catalogue does not hold."""
        return np.array([self._row.get(item_id, -1) for item_id in item_ids], dtype=np.int64)

    def meeting(self, conditions: Iterable[Condition]) -> np.ndarray:
        """Items that meet all of some conditions on their features, `[items]` bool.

        Raises:
            ValueError: A feature that there is not, or a condition that does not suit it.
        """
        met = np.ones(len(self), dtype=bool)
        for condition in conditions:
            name = condition.feature
            if name not in self._kinds:
                known = sorted(self._kinds)
                raise ValueError(f"feature: expected one of {known}, got {name!r}")
            met &= mask(self._features[name], self._kinds[name], condition)
        return met

    def features(self, rows: np.ndarray) -> list[dict[str, list[str]]]:
        """Feature name to its values as text, for each row; missing ones are left out."""
        taken = self._features.take(pa.array(rows)).to_pylist()
        return [
            {name: texts for name, value in item.items() if (texts := _texts(value))}
            for item in taken
        ]


def _texts(value: Any) -> list[str]:
    """A raw feature value as text, a time as ISO 8601; "", [], NaN and 0 seconds mean missing."""
    if isinstance(value, list):
        return [text for text in value if text]
    if isinstance(value, float):
        # By way of float32, as stored: 7.3 shall not read 7.300000190734863.
        return [] if np.isnan(value) else [np.format_float_positional(np.float32(value), trim="-")]
    if isinstance(value, int):
        return [f"{np.datetime64(value, 's')}Z"] if value else []
    return [value] if value else []
