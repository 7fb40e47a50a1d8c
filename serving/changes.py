"""New, changed and deleted items beside a built index, which itself never changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType

import numpy as np


@dataclass(frozen=True)
class Changes:
    """What differs from the built index; a value, of which each change makes another.

    A row is an item for as long as the index is not rebuilt: a changed item keeps its row, a new
    one takes the next, a deleted one leaves its row to itself, should it come again.

    Attributes:
        stale: `[built rows]` bool, the tombstones: rows of the built index that are not to be found
            there, because the item was deleted or because its vector lies here.
        rows: `[side items]` int64, ascending: the items searched here, exactly.
        vectors: `[side items, embedding_dim]` float32, theirs.
        added: Item id to row of those that the built index does not know, deleted ones too.
        retired: How many of the added ones were deleted before it was built.
    """

    stale: np.ndarray
    rows: np.ndarray
    vectors: np.ndarray
    added: Mapping[str, int]
    retired: int = 0

    @property
    def built(self) -> int:
        """Rows of the built index."""
        return len(self.stale)

    @cached_property
    def fresh(self) -> np.ndarray:
        """`[built rows]` bool, what may be found in the built index."""
        return ~self.stale

    @cached_property
    def stale_count(self) -> int:
        """Tombstones."""
        return int(np.count_nonzero(self.stale))

    @property
    def row_count(self) -> int:
        """Rows there are, of deleted items too."""
        return self.built + len(self.added)

    @property
    def count(self) -> int:
        """Rows that are not as they were built; those of deleted new items take room too.

        Of the retired ones those that came back.
        """
        first_new = self.built + self.retired
        back = np.count_nonzero((self.rows >= self.built) & (self.rows < first_new))
        return self.stale_count + self.row_count - first_new + int(back)

    def places(self, rows: np.ndarray) -> np.ndarray:
        """Where rows lie among the side items, `[rows]` int64; -1 for those that do not."""
        if not len(self.rows):
            return np.full(len(rows), -1, dtype=np.int64)
        at = np.minimum(np.searchsorted(self.rows, rows), len(self.rows) - 1)
        return np.where(self.rows[at] == rows, at, -1)

    def live(self, rows: np.ndarray) -> np.ndarray:
        """Whether rows, from 0 to `row_count` - 1, hold an item, `[rows]` bool."""
        live = self.places(rows) >= 0
        built = rows < self.built
        live[built] |= self.fresh[rows[built]]
        return live

    def with_items(self, rows: np.ndarray, vectors: np.ndarray, new: Mapping[str, int]) -> Changes:
        """These and some more items, new or changed.

        Args:
            rows: `[items]` int64, each once.
            vectors: `[items, embedding_dim]` float32.
            new: Item id to row of those that had no row, from `row_count` on.
        """
        kept = self._without(rows)
        all_rows = np.concatenate([self.rows[kept], rows])
        order = np.argsort(all_rows)
        return replace(
            self,
            stale=self._with_stale(rows),
            rows=all_rows[order],
            vectors=np.concatenate([self.vectors[kept], vectors])[order],
            added=MappingProxyType({**self.added, **new}),
        )

    def without_items(self, rows: np.ndarray) -> Changes:
        """These, with some live items deleted."""
        kept = self._without(rows)
        return replace(
            self,
            stale=self._with_stale(rows),
            rows=self.rows[kept],
            vectors=self.vectors[kept],
        )

    def _without(self, rows: np.ndarray) -> np.ndarray:
        return ~np.isin(self.rows, rows)

    def _with_stale(self, rows: np.ndarray) -> np.ndarray:
        stale = self.stale.copy()
        stale[rows[rows < self.built]] = True
        return stale


def no_changes(built: int, embedding_dim: int, retired: Sequence[str] = ()) -> Changes:
    """What a newly opened index begins with.

    Args:
        built: Its items.
        embedding_dim: Of its vectors.
        retired: Ids of items that were deleted before, which have the rows behind those.
    """
    return Changes(
        stale=np.zeros(built, dtype=bool),
        rows=np.zeros(0, dtype=np.int64),
        vectors=np.zeros((0, embedding_dim), dtype=np.float32),
        added=MappingProxyType({item_id: built + at for at, item_id in enumerate(retired)}),
        retired=len(retired),
    )
