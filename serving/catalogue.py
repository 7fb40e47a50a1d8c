"""The catalogue in memory: item id to row and back, features to show, popularity."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from schemas import columns
from schemas.cards import Card, FeatureKind
from serving.attributes import Condition, check
from serving.catalogue_log.log import Known
from serving.errors import shown
from serving.item_table import as_built, is_missing

NEW, LIVE, CHANGED = "new", "live", "changed"
"""Columns that a catalogue has if changes were merged into it."""

_REVISIONS = itertools.count(2)
"""Each number once in a process: of what was changed, whoever read another state has another."""


class Catalogue:
    """Every item, deleted ones too; a row is the item's place here and in the index.

    A value, of which each change makes another: a row is an item for as long as the index is not
    built again.

    Attributes:
        encoded_ids: `[rows]` object array of UTF-8 bytes, as TensorFlow takes strings.
        popular: `[rows]` int64 rows, most watched in training first, ties by item id; new ones come
            last, in the order in which they came.
        train_count: `[rows]` int64 events in the training split.
        live: `[rows]` bool, which are not deleted; None: all.
        new: `[rows]` bool, which the prepared data does not have; None: no item.
        revision: `[rows]` int64, a number that no other features of the row have in this process,
            where the models have no vector for them; 0: they are as prepared. None: all are.
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
        merged = [name for name in (NEW, LIVE, CHANGED) if name in found]
        table = pq.read_table(path, columns=expected + merged)
        self._built_ids: list[str] = table[columns.ITEM_ID].to_pylist()
        self._built = {item_id: row for row, item_id in enumerate(self._built_ids)}
        if len(self._built) != len(self._built_ids):
            raise ValueError(f"{path}: expected each item_id once")
        self._added: Mapping[str, int] = {}
        self.encoded_ids = np.array([item_id.encode() for item_id in self._built_ids], dtype=object)
        self.train_count = table[columns.TRAIN_COUNT].to_numpy()
        self.popular = np.argsort(-self.train_count, kind="stable")
        marks = {name: table[name].to_numpy() for name in merged}
        self.live, self.new = marks.get(LIVE), marks.get(NEW)
        self.revision = marks[CHANGED].astype(np.int64) if CHANGED in marks else None
        kinds = {name: feature.kind for name, feature in card.item_features.items()}
        self.features_by_row = as_built(table.select(list(card.item_features)), kinds)
        self._kinds, self._inputs = kinds, card.item_inputs

    def __len__(self) -> int:
        """Rows, those of deleted items too."""
        return len(self.encoded_ids)

    @property
    def count(self) -> int:
        """Items that are not deleted."""
        return len(self) if self.live is None else int(np.count_nonzero(self.live))

    @property
    def item_ids(self) -> list[str]:
        """Row to item id, of deleted items too."""
        return [*self._built_ids, *self._added] if self._added else self._built_ids

    def item_id(self, row: int) -> str:
        """Item id of a row."""
        return str(self.encoded_ids[row].decode())

    def rows(self, item_ids: Iterable[str]) -> np.ndarray:
        """Rows of items, `[ids]` int64; -1 for an id that the catalogue does not hold."""
        rows = self.known_rows(item_ids)
        return rows if self.live is None else np.where((rows >= 0) & self.live[rows], rows, -1)

    def known_rows(self, item_ids: Iterable[str]) -> np.ndarray:
        """The same, deleted items included: what people have watched they have watched."""
        built, added = self._built, self._added
        found = [built.get(item_id, added.get(item_id, -1)) for item_id in item_ids]
        return np.array(found, dtype=np.int64)

    def edited(
        self,
        added: Mapping[str, int],
        rows: np.ndarray,
        items: list[Known],
        live: np.ndarray,
    ) -> Catalogue:
        """The catalogue with some changes.

        Args:
            added: Id to row of items that had none, in the order of their rows, from the last on.
            rows: `[items]` int64, each once, of items of which something else is known, all of
                the added ones among them.
            items: What is known of those.
            live: `[rows]` bool, of all rows afterwards.
        """
        other, more = copy.copy(self), len(added)
        if more:
            new_ids = np.array([item_id.encode() for item_id in added], dtype=object)
            other._added = {**self._added, **added}
            other.encoded_ids = np.concatenate([self.encoded_ids, new_ids])
            other.popular = np.concatenate([self.popular, np.arange(more) + len(self)])
            other.train_count = _longer(self.train_count, more, 0)
        new = np.zeros(len(self), dtype=bool) if self.new is None else self.new
        old = np.zeros(len(self), dtype=np.int64) if self.revision is None else self.revision
        other.new, other.revision = _longer(new, more, True), _longer(old, more, 0)
        other.revision[rows] = next(_REVISIONS)
        other.live = live
        other.features_by_row = self.features_by_row.with_items(rows, items)
        return other

    def changed(self, rows: np.ndarray) -> bool:
        """Whether the models lack a vector of any of some rows; -1 is no item."""
        return self.revision is not None and bool((self.revision[rows] > 0)[rows >= 0].any())

    def model_inputs(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """Items as the models' `encode_items` takes them, `[rows]` or `[rows, values]`."""
        taken = self.features_by_row.take(rows)
        return {columns.ITEM_ID: self.encoded_ids[rows]} | {
            name: _model_input(taken[name], kind) for name, kind in self._inputs.items()
        }

    def meeting(self, conditions: Iterable[Condition]) -> np.ndarray:
        """Items that meet all of some conditions on their features, `[items]` bool.

        Raises:
            ValueError: A feature that there is not, or a condition that does not suit it.
        """
        met = np.ones(len(self), dtype=bool)
        for condition in conditions:
            self.check(condition)
            met &= self.features_by_row.meeting(condition)
        return met

    def holds_any(self, chosen: np.ndarray) -> bool:
        """Whether any of some items, `[items]` bool, is not deleted."""
        return bool((chosen if self.live is None else chosen & self.live).any())

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
        taken = self.features_by_row.take(rows)[feature].combine_chunks()
        place = np.arange(len(rows))
        if self._kinds[feature] == FeatureKind.MULTI_CATEGORICAL:
            place, taken = pc.list_parent_indices(taken).to_numpy(), pc.list_flatten(taken)
        value = pc.dictionary_encode(taken)
        known = ~np.array([is_missing(each) for each in value.dictionary.to_pylist()], dtype=bool)
        code = pc.fill_null(value.indices, -1).to_numpy()
        has = np.zeros((len(rows), len(known)), dtype=bool)
        has[place[code >= 0], code[code >= 0]] = True
        return has[:, known]

    def features(self, rows: np.ndarray) -> list[dict[str, list[str]]]:
        """Feature name to its values as text, for each row; missing ones are left out."""
        return [
            {name: texts for name, value in item.items() if (texts := texts_of(value))}
            for item in self.features_by_row.known(rows)
        ]


def _longer(values: np.ndarray, more: int, filler: int | bool) -> np.ndarray:
    """A copy with some more at its end."""
    return np.concatenate([values, np.full(more, filler, dtype=values.dtype)])


def _model_input(column: pa.ChunkedArray, kind: FeatureKind) -> np.ndarray:
    """A raw feature as the models take it; lists are padded on the right with ""."""
    if kind in (FeatureKind.NUMERIC, FeatureKind.TIMESTAMP):
        return column.to_numpy()
    if kind != FeatureKind.MULTI_CATEGORICAL:
        return np.array(pc.fill_null(column, "").to_pylist(), dtype=object)
    lists = column.combine_chunks()
    values = np.array(pc.list_flatten(lists).to_pylist(), dtype=object)
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy()
    padded = np.full((len(lists), max(1, lengths.max(initial=0))), "", dtype=object)
    padded[np.arange(padded.shape[1]) < lengths[:, np.newaxis]] = values
    return padded


def texts_of(value: Any) -> list[str]:
    """A raw feature value as text, a time as ISO 8601; "", [], NaN and 0 seconds mean missing."""
    if isinstance(value, list):
        return [text for text in value if text]
    if isinstance(value, float):
        # By way of float32, as stored: 7.3 shall not read 7.300000190734863.
        return [] if np.isnan(value) else [np.format_float_positional(np.float32(value), trim="-")]
    if isinstance(value, int):
        return [f"{np.datetime64(value, 's')}Z"] if value else []
    return [value] if value else []
