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
        target_timestamp: int64 `[requests]`, when a list is asked for, 0 where unknown.
    """

    target_item: np.ndarray
    target_rating: np.ndarray
    target_timestamp: np.ndarray

    @property
    def of_list(self) -> np.ndarray:
        """Number of each request's list, rising from 0: int64 `[requests]`.

        A user's requests with one history are one moment, at which one list is shown; their targets
        are all relevant in it. A user's histories begin alike and their requests are neighbours, so
        equal lengths are equal histories.
        """
        same = (self.user_ids[1:] == self.user_ids[:-1]) & (np.diff(np.diff(self.indptr)) == 0)
        return np.cumsum(np.concatenate([[True], ~same]))[: len(self)] - 1

    @property
    def first_of_list(self) -> np.ndarray:
        """The first request of each list: int64 `[lists]`."""
        return lists_begin(self.of_list)


def lists_begin(of_list: np.ndarray) -> np.ndarray:
    """The first request of each list: int64 `[lists]`, from the list of each request."""
    return np.flatnonzero(np.diff(of_list, prepend=-1))


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
    names = [columns.TARGET_ITEM_ID, columns.TARGET_RATING, columns.TARGET_TIMESTAMP]
    table = pq.read_table(path, columns=names)
    item, rating, timestamp = (column.combine_chunks() for column in table)
    return Requests(
        **vars(histories),
        target_item=catalogue_rows(item, pa.array(histories.item_ids), path),
        target_rating=rating.to_numpy(zero_copy_only=False).astype(np.float32),
        target_timestamp=timestamp.to_numpy(zero_copy_only=False).astype(np.int64),
    )
