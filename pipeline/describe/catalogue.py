"""The items of a prepared artefact, by their row in `catalogue.parquet`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from schemas.columns import ITEM_ID, TITLE, TRAIN_COUNT


@dataclass(frozen=True, eq=False)
class Catalogue:
    """All items; one is known by its row everywhere in this package.

    Attributes:
        table: The columns of `catalogue.parquet`, each in one chunk.
        path: Of that file, for errors.
    """

    table: pa.Table
    path: Path

    def __len__(self) -> int:
        return len(self.table)

    @property
    def train_count(self) -> np.ndarray:
        """Events of each item in `train`: int64 `[items]`."""
        return self.column(TRAIN_COUNT).to_numpy(zero_copy_only=False)

    def column(self, name: str) -> pa.Array:
        """One column.

        Raises:
            ValueError: There is no such column.
        """
        if name not in self.table.column_names:
            raise ValueError(
                f"{self.path}: expected a column {name!r}, got {self.table.column_names}"
            )
        return pa.concat_arrays(self.table[name].chunks)

    def rows(self, item_ids: pa.Array, path: Path) -> np.ndarray:
        """Row of each item: int64 `[values]`.

        Args:
            item_ids: Strings `[values]`.
            path: Where they were read, for the error.

        Raises:
            ValueError: The catalogue does not hold one of them.
        """
        index = pc.index_in(item_ids, value_set=self.column(ITEM_ID))
        if index.null_count:
            unknown = item_ids.filter(pc.is_null(index))[0].as_py()
            raise ValueError(f"{path}: expected items of {self.path.name}, got {unknown!r}")
        return index.to_numpy(zero_copy_only=False).astype(np.int64)

    def titles(self, rows: np.ndarray) -> list[str]:
        """What people call the items of some rows; "" where there are no titles."""
        if TITLE not in self.table.column_names:
            return [""] * len(rows)
        return self.column(TITLE).take(pa.array(rows)).to_pylist()


def read_catalogue(prepared: Path) -> Catalogue:
    """Reads `catalogue.parquet` of a prepared directory.

    Raises:
        ValueError: It holds no item.
    """
    path = prepared / "catalogue.parquet"
    table = pa.parquet.read_table(path)
    if not len(table):
        raise ValueError(f"{path}: expected items, got none")
    return Catalogue(table, path)
