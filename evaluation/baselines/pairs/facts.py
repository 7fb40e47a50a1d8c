"""What `PairEncoder` knows of films and people: the statistics of prepared pairs, for any request.

Films' averages are of `train` alone, people's of the history before the target, so no held-out
rating is in either.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from scipy import sparse

from evaluation.requests import Requests
from schemas.artifacts import Artifact

CATALOGUE, ITEM_RATINGS = "catalogue.parquet", "item_ratings.parquet"


@dataclass(frozen=True, eq=False)
class Facts:
    """Facts by catalogue index, and how far histories are read.

    Attributes:
        item_mean: float32 `[items]`, average rating in `train`, NaN where nobody rated the item.
        values: Feature name to counts of its values, sorted by name: sparse float32
            `[items, values]`.
        events: Newest events of a history that are read.
    """

    item_mean: np.ndarray
    values: dict[str, sparse.csr_array]
    events: int

    @classmethod
    def read(cls, prepared: Artifact) -> Self:
        """Reads those that `prepare.statistics_features` names.

        Raises:
            ValueError: It names none.
        """
        config = prepared.manifest["config"]
        names = config["statistics_features"]
        if not names:
            raise ValueError("prepare.statistics_features: expected some, such as genres, got none")
        catalogue = pq.read_table(prepared.path / CATALOGUE, columns=list(names))
        ratings = pq.read_table(prepared.path / ITEM_RATINGS)
        count = ratings["rating_count"].to_numpy()
        total = ratings["rating_sum"].to_numpy()
        mean = np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)
        values = {name: _counts(catalogue[name].combine_chunks()) for name in names}
        return cls(mean, values, int(config["pair_history_len"]))

    def films(self, item: np.ndarray, mean: np.ndarray) -> np.ndarray:
        """Features of films: float32 `[rows, 1 + values]`.

        Args:
            item: int `[rows]`, catalogue index.
            mean: float32 `[rows]`, average rating that is known of each.
        """
        hot = [np.minimum(values[item].toarray(), 1) for values in self.values.values()]
        return np.concatenate([mean[:, None], *hot], axis=1).astype(np.float32)

    def people(self, requests: Requests, rows: np.ndarray) -> np.ndarray:
        """Features of people: float32 `[rows, 1 + values]`.

        The average rating of the history, NaN where none was given, and the events with each value
        of each feature.
        """
        events = requests.events(rows)
        near = events.age < self.events
        rated = near & np.isfinite(events.rating)
        total = np.bincount(events.row[rated], events.rating[rated], minlength=len(rows))
        count = np.bincount(events.row[rated], minlength=len(rows))
        mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
        watched = requests.history_matrix(rows, near.astype(np.float32))
        counts = [(watched @ values).toarray() for values in self.values.values()]
        return np.concatenate([mean[:, None], *counts], axis=1).astype(np.float32)


def _counts(column: pa.Array) -> sparse.csr_array:
    """How often each row has each value: float32 `[rows, values]`; "" is no value."""
    if pa.types.is_list(column.type):
        row, values = pc.list_parent_indices(column), column.flatten()
    else:
        given = pc.not_equal(column, "")
        row, values = pa.array(np.arange(len(column))).filter(given), column.filter(given)
    names = pc.unique(values).sort()
    place = (row.to_numpy(), pc.index_in(values, value_set=names).to_numpy())
    ones = np.ones(len(values), np.float32)
    return sparse.coo_array((ones, place), shape=(len(column), len(names))).tocsr()
