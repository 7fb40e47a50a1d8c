"""Histories as columns, raw: catalogue rows instead of the models' indices."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from scipy import sparse

from schemas import columns


class Events(NamedTuple):
    """The history events of some requests, one after the other, oldest first in each.

    Attributes:
        row: int64 `[events]`, position of the event's request among the rows asked for.
        item: int32 `[events]`, catalogue index.
        rating: float32 `[events]`, NaN where none was given.
        age: int64 `[events]`, events since this one in its history; the newest has age 0.
    """

    row: np.ndarray
    item: np.ndarray
    rating: np.ndarray
    age: np.ndarray


class PaddedHistory(NamedTuple):
    """Histories as the SavedModels take them, left-padded.

    Attributes:
        item_id: object (str) `[rows, events]`, padded with "".
        rating: float32 `[rows, events]`, NaN where none was given and in the padding.
        timestamp: int64 `[rows, events]`, 0 in the padding.
    """

    item_id: np.ndarray
    rating: np.ndarray
    timestamp: np.ndarray


@dataclass(frozen=True, eq=False)
class RawHistories:
    """The histories of some users; that of row r is `indptr[r]:indptr[r + 1]`.

    Attributes:
        item_ids: object (str) `[items]`, the catalogue in its own order; an item's index is its
            position here.
        user_ids: object (str) `[rows]`.
        user_features: Raw user columns, each `[rows]`, object (str), float32 or int64.
        indptr: int64 `[rows + 1]`.
        history_item: int32 `[events]`, catalogue index, oldest first.
        history_rating: float32 `[events]`, NaN where none was given.
        history_timestamp: int64 `[events]`, Unix seconds.
    """

    item_ids: np.ndarray
    user_ids: np.ndarray
    user_features: dict[str, np.ndarray]
    indptr: np.ndarray
    history_item: np.ndarray
    history_rating: np.ndarray
    history_timestamp: np.ndarray

    def __len__(self) -> int:
        return len(self.user_ids)

    @property
    def items(self) -> int:
        """Size of the catalogue."""
        return len(self.item_ids)

    @property
    def rating_range(self) -> tuple[float, float]:
        """The least and the largest rating that somebody gave; no bounds where nobody gave one."""
        given = self.history_rating[np.isfinite(self.history_rating)]
        if not len(given):
            return -np.inf, np.inf
        return float(given.min()), float(given.max())

    @property
    def rows(self) -> np.ndarray:
        """int64 `[rows]`: every row."""
        return np.arange(len(self))

    def events(self, rows: np.ndarray) -> Events:
        """The histories of `rows` (int64 `[rows]`), flattened."""
        lengths = self.indptr[rows + 1] - self.indptr[rows]
        row = np.repeat(np.arange(len(rows)), lengths)
        left = np.repeat(np.cumsum(lengths), lengths) - np.arange(len(row))
        position = np.repeat(self.indptr[rows + 1], lengths) - left
        return Events(row, self.history_item[position], self.history_rating[position], left - 1)

    def seen(self, rows: np.ndarray) -> np.ndarray:
        """True where the history of the row holds the item: bool `[rows, items]`."""
        events = self.events(rows)
        seen = np.zeros((len(rows), self.items), bool)
        seen[events.row, events.item] = True
        return seen

    def padded(self, rows: np.ndarray, history_len: int) -> PaddedHistory:
        """The newest `history_len` events of each row, padded to the longest of these rows.

        An event axis is never empty: histories without events are one column of padding.
        """
        lengths = np.minimum(self.indptr[rows + 1] - self.indptr[rows], history_len)
        age = np.arange(max(1, lengths.max(initial=0)))[::-1]
        known = age < lengths[:, None]
        position = (self.indptr[rows + 1][:, None] - 1 - age)[known]
        item_id = np.full(known.shape, "", object)
        rating = np.full(known.shape, np.nan, np.float32)
        timestamp = np.zeros(known.shape, np.int64)
        item_id[known] = self.item_ids[self.history_item[position]]
        rating[known] = self.history_rating[position]
        timestamp[known] = self.history_timestamp[position]
        return PaddedHistory(item_id, rating, timestamp)

    def history_matrix(self, rows: np.ndarray, event_weight: np.ndarray) -> sparse.csr_array:
        """Sums of event weights by request and item.

        Args:
            rows: int64 `[rows]`.
            event_weight: `[events]`, one weight for each of `events(rows)`.

        Returns:
            Sparse `[rows, items]` of the weights' dtype.
        """
        events = self.events(rows)
        return sparse.coo_array(
            (event_weight, (events.row, events.item)), shape=(len(rows), self.items)
        ).tocsr()


def read_histories(prepared: Path, split: str) -> RawHistories:
    """Reads the histories of a split from a `prepared` directory.

    Args:
        prepared: The artefact's directory.
        split: "fit", "validation" or "test".

    Raises:
        ValueError: A history names an item that the catalogue does not hold.
    """
    path = prepared / f"{split}.parquet"
    table = pq.read_table(path)
    catalogue = pq.read_table(prepared / "catalogue.parquet", columns=[columns.ITEM_ID])
    item_ids = catalogue[columns.ITEM_ID].combine_chunks()
    history = table[columns.HISTORY_ITEM_ID].combine_chunks()
    return RawHistories(
        item_ids=_strings(item_ids),
        user_ids=_strings(table[columns.USER_ID]),
        user_features=_user_features(table),
        indptr=np.concatenate(
            [[0], np.cumsum(pc.list_value_length(history).to_numpy(zero_copy_only=False))]
        ).astype(np.int64),
        history_item=catalogue_rows(history.flatten(), item_ids, path),
        history_rating=_numbers(_flat(table, columns.HISTORY_RATING), np.float32),
        history_timestamp=_numbers(_flat(table, columns.HISTORY_TIMESTAMP), np.int64),
    )


def catalogue_rows(values: pa.Array, item_ids: pa.Array, path: Path) -> np.ndarray:
    """Row of each item id in the catalogue: int32 `[values]`.

    Raises:
        ValueError: The catalogue does not hold one of them; `path` says where it was read.
    """
    index = pc.index_in(values, value_set=item_ids)
    if index.null_count:
        unknown = values.filter(pc.is_null(index))[0].as_py()
        raise ValueError(f"{path}: expected items of catalogue.parquet, got {unknown!r}")
    return _numbers(index, np.int32)


def _flat(table: pa.Table, name: str) -> pa.Array:
    return table[name].combine_chunks().flatten()


def _numbers(values: pa.Array, dtype: type) -> np.ndarray:
    return values.to_numpy(zero_copy_only=False).astype(dtype)


def _strings(values: pa.Array | pa.ChunkedArray) -> np.ndarray:
    return np.array(values.to_pylist(), object)


def _user_features(table: pa.Table) -> dict[str, np.ndarray]:
    """Whatever is neither the user's id nor part of history or target is a user feature."""
    names = [
        name
        for name in table.column_names
        if name != columns.USER_ID and not name.startswith((columns.HISTORY_PREFIX, "target_"))
    ]
    return {name: _user_feature(table[name]) for name in names}


def _user_feature(values: pa.ChunkedArray) -> np.ndarray:
    if pa.types.is_floating(values.type):
        return _numbers(values.combine_chunks(), np.float32)
    return values.to_numpy() if pa.types.is_integer(values.type) else _strings(values)
