"""What the server knows of users: their histories and features, columnar in memory."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from schemas import columns
from schemas.cards import Card, FeatureKind
from serving.catalogue import Catalogue

Feature = str | float | int
"""A raw user feature: categorical ("" is missing), numeric (NaN) or a timestamp (0)."""

NUMBERS: dict[FeatureKind, tuple[type[np.generic], float | int]] = {
    FeatureKind.NUMERIC: (np.float32, math.nan),
    FeatureKind.TIMESTAMP: (np.int64, 0),
}
"""Type and missing value of the kinds that are numbers; the others are text, missing is ""."""


@dataclass(frozen=True)
class Profile:
    """A viewer as the models see one.

    Attributes:
        rows: `[events]` catalogue rows of the history, oldest first.
        ratings: `[events]` float32; NaN where none was given.
        timestamps: `[events]` int64 unix seconds, UTC; 0 where unknown.
        features: Every user input of the card to its raw value.
    """

    rows: np.ndarray
    ratings: np.ndarray
    timestamps: np.ndarray
    features: Mapping[str, Feature]


class Profiles:
    """The users of the prepared data."""

    def __init__(self, path: Path, card: Card, catalogue: Catalogue) -> None:
        """Reads `profiles.parquet`.

        Raises:
            ValueError: A column is missing, or a history names an item outside the catalogue.
        """
        events = [columns.HISTORY_ITEM_ID, columns.HISTORY_RATING, columns.HISTORY_TIMESTAMP]
        expected = [columns.USER_ID, *card.user_inputs, *events]
        found = pq.read_schema(path).names
        missing = [name for name in expected if name not in found]
        if missing:
            raise ValueError(f"{path}: expected the columns {expected}, {missing} missing")
        table = pq.read_table(path, columns=expected)

        self._place = {user: at for at, user in enumerate(table[columns.USER_ID].to_pylist())}
        lengths = pc.fill_null(pc.list_value_length(table[columns.HISTORY_ITEM_ID]), 0)
        self._offsets = np.concatenate([[0], np.cumsum(lengths.to_numpy(), dtype=np.int64)])
        self._rows = _catalogue_rows(table[columns.HISTORY_ITEM_ID], catalogue, path)
        self._ratings = _flat(table, columns.HISTORY_RATING, np.float32)
        self._timestamps = _flat(table, columns.HISTORY_TIMESTAMP, np.int64)
        self._features = {
            name: _feature(table, name, kind) for name, kind in card.user_inputs.items()
        }

    def __len__(self) -> int:
        return len(self._place)

    def get(self, user_id: str) -> Profile | None:
        """The profile of a user; None for an unknown one."""
        at = self._place.get(user_id)
        if at is None:
            return None
        events = slice(self._offsets[at], self._offsets[at + 1])
        return Profile(
            rows=self._rows[events],
            ratings=self._ratings[events],
            timestamps=self._timestamps[events],
            features={name: values[at] for name, values in self._features.items()},
        )


def unknown_features(card: Card) -> dict[str, Feature]:
    """Every user input, missing."""
    return {
        name: NUMBERS[kind][1] if kind in NUMBERS else "" for name, kind in card.user_inputs.items()
    }


def unknown_profile(card: Card) -> Profile:
    """A viewer of whom nothing is known."""
    return Profile(
        rows=np.zeros(0, dtype=np.int64),
        ratings=np.zeros(0, dtype=np.float32),
        timestamps=np.zeros(0, dtype=np.int64),
        features=unknown_features(card),
    )


def _catalogue_rows(histories: pa.ChunkedArray, catalogue: Catalogue, path: Path) -> np.ndarray:
    """Item ids of all histories as catalogue rows, `[events]` int32."""
    items = pc.list_flatten(histories)
    rows = pc.index_in(items, value_set=pa.array(catalogue.item_ids, items.type))
    if rows.null_count:
        strange = items.filter(pc.is_null(rows))[0].as_py()
        raise ValueError(
            f"{path}: {columns.HISTORY_ITEM_ID}: expected items of the catalogue, got {strange!r}"
        )
    return rows.to_numpy()


def _flat(table: pa.Table, name: str, dtype: type) -> np.ndarray:
    return pc.list_flatten(table[name]).to_numpy().astype(dtype, copy=False)


def _feature(table: pa.Table, name: str, kind: FeatureKind) -> np.ndarray:
    """`[users]` float32, int64 or object array of str."""
    if kind in NUMBERS:
        return table[name].to_numpy().astype(NUMBERS[kind][0])
    return np.array(pc.fill_null(table[name], "").to_pylist(), dtype=object)
