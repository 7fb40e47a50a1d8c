"""Requests: what was known of a user, and the event held out; a user may have several."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from evaluation.histories import RawHistories, catalogue_rows, read_histories
from schemas import columns


@dataclass(frozen=True, eq=False)
class Requests(RawHistories):
    """All requests of one split, a row each.

    Attributes:
        target_item: int32 `[requests]`, catalogue index.
        target_rating: float32 `[requests]`, NaN where none was given.
    """

    target_item: np.ndarray
    target_rating: np.ndarray


def read_requests(prepared: Path, split: str) -> Requests:
    """Reads a split's requests from a `prepared` directory.

    Args:
        prepared: The artefact's directory.
        split: One of `schemas.columns.REQUESTS`.

    Raises:
        ValueError: A request names an item that the catalogue does not hold.
    """
    path = prepared / f"{split}.parquet"
    histories = read_histories(prepared, split)
    names = [columns.TARGET_ITEM_ID, columns.TARGET_RATING]
    item, rating = (column.combine_chunks() for column in pq.read_table(path, columns=names))
    return Requests(
        **vars(histories),
        target_item=catalogue_rows(item, pa.array(histories.item_ids), path),
        target_rating=rating.to_numpy(zero_copy_only=False).astype(np.float32),
    )
