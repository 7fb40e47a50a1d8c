"""The catalogue in memory: item id to row and back, features to show, popularity."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from schemas import columns
from schemas.cards import Card, FeatureKind
from serving.attributes import Condition, check, mask
from serving.errors import shown


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
        # In one piece, or every filter would first put the pieces together.
        self._features = table.select(list(card.item_features)).combine_chunks()
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
            self.check(condition)
            name = condition.feature
            met &= mask(self._features[name], self._kinds[name], condition)
        return met

    def check(self, condition: Condition) -> None:
        """Refuses a condition that no item can be asked for.

        Raises:
            ValueError: As `meeting`.
        """
        self.check_feature(condition.feature)
        check(self._kinds[condition.feature], condition)

    def check_feature(self, name: str) -> None:
        """Refuses a name that is not a feature's.

        Raises:
            ValueError: It is not.
        """
        if name not in self._kinds:
            raise ValueError(f"feature: expected one of {sorted(self._kinds)}, got {shown(name)}")

    def values(self, feature: str, rows: np.ndarray) -> np.ndarray:
        """Which of some items have which values of a feature.

        Args:
            feature: Of the catalogue.
            rows: `[items]` int64.

        Returns:
            `[items, values]` bool, for the values that any of them has; missing ones are none.
        """
        taken = self._features[feature].take(pa.array(rows)).combine_chunks()
        place = np.arange(len(rows))
        if self._kinds[feature] == FeatureKind.MULTI_CATEGORICAL:
            place, taken = pc.list_parent_indices(taken).to_numpy(), pc.list_flatten(taken)
        value = pc.dictionary_encode(taken)
        known = ~np.array([_missing(each) for each in value.dictionary.to_pylist()], dtype=bool)
        code = pc.fill_null(value.indices, -1).to_numpy()
        has = np.zeros((len(rows), len(known)), dtype=bool)
        has[place[code >= 0], code[code >= 0]] = True
        return has[:, known]

    def features(self, rows: np.ndarray) -> list[dict[str, list[str]]]:
        """Feature name to its values as text, for each row; missing ones are left out."""
        taken = self._features.take(pa.array(rows)).to_pylist()
        return [
            {name: texts for name, value in item.items() if (texts := _texts(value))}
            for item in taken
        ]


def _missing(value: Any) -> bool:
    """Whether a value that is no list means that none is known: NaN, "", 0 seconds."""
    return bool(np.isnan(value)) if isinstance(value, float) else not value


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
