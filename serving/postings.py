"""An inverted index of a feature: which items have which value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True)
class Postings:
    """The items of each value (Manning, Raghavan and Schütze 2008, chapter 1).

    Attributes:
        items: Number of items.
        values: `[values]` distinct texts.
        starts: `[values + 1]` int64, where each value's items begin in `rows`.
        rows: `[pairs]` int32 rows of items, by value.
    """

    items: int
    values: pa.Array
    starts: np.ndarray
    rows: np.ndarray

    @classmethod
    def of(cls, column: pa.Array) -> Self:
        """Looks at a column of texts, or of lists of texts, `[items]`."""
        rows = np.arange(len(column), dtype=np.int32)
        texts = column
        if pa.types.is_list(column.type):
            rows = pc.list_parent_indices(column).to_numpy().astype(np.int32)
            texts = pc.list_flatten(column)
        encoded = pc.dictionary_encode(texts)
        code = pc.fill_null(encoded.indices, -1).to_numpy()
        order = np.argsort(code, kind="stable")
        starts = np.searchsorted(code[order], np.arange(len(encoded.dictionary) + 1))
        return cls(len(column), encoded.dictionary, starts, rows[order])

    def having(self, texts: Sequence[str]) -> np.ndarray:
        """Which items have at least one of some texts, `[items]` bool."""
        met = np.zeros(self.items, dtype=bool)
        wanted = pc.is_in(self.values, value_set=pa.array(texts, self.values.type))
        for value in np.flatnonzero(wanted.to_numpy(zero_copy_only=False)):
            met[self.rows[self.starts[value] : self.starts[value + 1]]] = True
        return met
