"""The features of items as columns, with some rows replaced and some added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from schemas.cards import FeatureKind
from serving.attributes import NUMBERS, Condition, mask
from serving.catalogue_log.log import Known, Raw
from serving.postings import Postings

MISSING: dict[FeatureKind, Raw] = {
    FeatureKind.NUMERIC: float("nan"),
    FeatureKind.TIMESTAMP: 0,
    FeatureKind.MULTI_CATEGORICAL: [],
}
"""What says that nothing is known; of texts it is ""."""


@dataclass(frozen=True)
class ItemTable:
    """Features by row; a value, of which each change makes another.

    Attributes:
        kinds: Feature name to kind.
        built: A column for each feature, in one piece.
        beside: The same columns, of the rows that are not as they were built.
        place: `[rows]` int64, where in `beside` a row is; -1: in `built`, at its own number.
        postings: Of those columns of `built` that hold texts.
    """

    kinds: dict[str, FeatureKind]
    built: pa.Table
    beside: pa.Table
    place: np.ndarray
    postings: Mapping[str, Postings]

    def take(self, rows: np.ndarray) -> pa.Table:
        """The features of some rows, `[rows]` int64, in their order."""
        if not self.kinds:
            return self.built.slice(0, 0)
        places = self.place[rows]
        other = places >= 0
        if not other.any():
            return self.built.take(pa.array(rows))
        found = [self.built.take(pa.array(rows[~other])), self.beside.take(pa.array(places[other]))]
        order = np.empty(len(rows), dtype=np.int64)
        order[np.concatenate([np.flatnonzero(~other), np.flatnonzero(other)])] = np.arange(
            len(rows)
        )
        return pa.concat_tables(found).combine_chunks().take(pa.array(order))

    def meeting(self, condition: Condition) -> np.ndarray:
        """Which rows meet a condition, `[rows]` bool.

        Raises:
            ValueError: It does not suit the feature, or nothing can meet it.
        """
        name, kind = condition.feature, self.kinds[condition.feature]
        met = np.zeros(len(self.place), dtype=bool)
        met[: len(self.built)] = mask(self.built[name], kind, condition, self.postings.get(name))
        other = np.flatnonzero(self.place >= 0) if len(self.beside) else ()
        if len(other):
            met[other] = mask(self.beside[name], kind, condition)[self.place[other]]
        return met

    def known(self, rows: np.ndarray) -> list[Known]:
        """What is known of some rows; what is missing is left out."""
        if not self.kinds:  # a table without columns has no rows either
            return [{} for _ in rows]
        return [
            {name: value for name, value in item.items() if not is_missing(value)}
            for item in self.take(rows).to_pylist()
        ]

    def with_items(self, rows: np.ndarray, items: Sequence[Known]) -> ItemTable:
        """These with other features of some rows, or of new ones, which follow the last.

        Args:
            rows: `[items]` int64, each once.
            items: What is known of each.
        """
        place = np.full(max(len(self.place), int(rows.max(initial=-1)) + 1), -1, dtype=np.int64)
        place[: len(self.place)] = self.place
        place[rows] = -1
        if not self.kinds:
            return replace(self, place=place)
        kept = np.flatnonzero(place >= 0)
        beside = [self.beside.take(pa.array(place[kept])), self._table(items)]
        place[kept] = np.arange(len(kept))
        place[rows] = len(kept) + np.arange(len(rows))
        return replace(self, beside=pa.concat_tables(beside).combine_chunks(), place=place)

    def _table(self, items: Sequence[Known]) -> pa.Table:
        columns = {
            name: [item.get(name, MISSING.get(kind, "")) for item in items]
            for name, kind in self.kinds.items()
        }
        return pa.table(
            {
                name: pa.array(values, self.built.schema.field(name).type)
                for name, values in columns.items()
            },
            schema=self.built.schema,
        )


def is_missing(value: Raw | None) -> bool:
    """Whether nothing is known: None, NaN, "", [] or 0 seconds."""
    if isinstance(value, float):
        return bool(np.isnan(value))
    return not value


def as_built(features: pa.Table, kinds: dict[str, FeatureKind]) -> ItemTable:
    """Features as they were prepared."""
    built = features.combine_chunks()
    postings = {
        name: Postings.of(built[name].combine_chunks())
        for name, kind in kinds.items()
        if kind not in NUMBERS
    }
    place = np.full(len(built), -1, dtype=np.int64)
    return ItemTable(kinds, built, built.slice(0, 0), place, postings)
