"""How often each item occurs in `train`, and how it was rated there."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.columns import HISTORY_ITEM_ID, HISTORY_RATING


class ItemCounts:
    """Counts by place in the catalogue, summed over batches.

    Attributes:
        events: int64 `[items]`.
        rated: int64 `[items]`, events with a rating.
        rating_sum: float64 `[items]`.
    """

    def __init__(self, item_id: pa.Array):
        """Starts from nothing; `item_id` are the ids of the catalogue."""
        self.item_id = item_id
        self.events, self.rated = np.zeros(len(item_id), np.int64), np.zeros(len(item_id), np.int64)
        self.rating_sum = np.zeros(len(item_id))

    def add(self, train: pa.RecordBatch) -> None:
        """Counts the histories of a batch of the split `train`."""
        found = pc.index_in(train.column(HISTORY_ITEM_ID).flatten(), value_set=self.item_id)
        item, size = found.to_numpy(), len(self.item_id)
        rating = train.column(HISTORY_RATING).flatten().to_numpy(zero_copy_only=False)
        given = ~np.isnan(rating)
        self.events += np.bincount(item, minlength=size)
        self.rated += np.bincount(item[given], minlength=size)
        self.rating_sum += np.bincount(item[given], rating[given], minlength=size)
