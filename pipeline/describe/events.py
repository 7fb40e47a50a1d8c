"""Events out of Parquet, a batch of users at a time.

Nothing in this package ever holds all events: the files are read in batches of `USERS_PER_BATCH`
users, numpy counts each batch into arrays by item, by user, by rating and by month, and the batch
is dropped. Memory therefore grows with items and users, 8 bytes each a few times over, and with
what one batch and one row group of the file hold, but not with the number of events.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from pipeline.describe.catalogue import Catalogue
from schemas.columns import (
    HISTORY_ITEM_ID,
    HISTORY_PREFIX,
    HISTORY_RATING,
    HISTORY_TIMESTAMP,
    TARGET_ITEM_ID,
    TARGET_RATING,
    TARGET_TIMESTAMP,
)

USERS_PER_BATCH = 1024


class Events(NamedTuple):
    """Some events; those of a user lie together, oldest first.

    Attributes:
        item: int64 `[events]`, row of the catalogue.
        rating: float32 `[events]`, NaN where none was given.
        timestamp: int64 `[events]`, unix seconds, 0 where unknown.
    """

    item: np.ndarray
    rating: np.ndarray
    timestamp: np.ndarray


class Users(NamedTuple):
    """Some users with all their events.

    Attributes:
        features: The columns that are no part of a history, a row per user.
        length: int64 `[users]`, events of each.
        events: Theirs, in the order of the users.
    """

    features: pa.RecordBatch
    length: np.ndarray
    events: Events


def read_users(path: Path, catalogue: Catalogue) -> Iterator[Users]:
    """Every user of `profiles.parquet` or `fit.parquet`.

    Raises:
        ValueError: A history names an item that the catalogue does not hold.
    """
    for batch in _batches(path, None):
        features = [name for name in batch.schema.names if not name.startswith(HISTORY_PREFIX)]
        yield Users(
            features=batch.select(features),
            length=_lengths(batch),
            events=Events(
                catalogue.rows(batch.column(HISTORY_ITEM_ID).flatten(), path),
                _numbers(batch.column(HISTORY_RATING).flatten()),
                _numbers(batch.column(HISTORY_TIMESTAMP).flatten()),
            ),
        )


def read_items(path: Path, catalogue: Catalogue) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Only what `read_users` calls `length` and `events.item`."""
    for batch in _batches(path, [HISTORY_ITEM_ID]):
        yield _lengths(batch), catalogue.rows(batch.column(HISTORY_ITEM_ID).flatten(), path)


def read_targets(path: Path, catalogue: Catalogue) -> Iterator[Events]:
    """The held-out events of `validation.parquet` or `test.parquet`."""
    for batch in _batches(path, [TARGET_ITEM_ID, TARGET_RATING, TARGET_TIMESTAMP]):
        yield Events(
            catalogue.rows(batch.column(TARGET_ITEM_ID), path),
            _numbers(batch.column(TARGET_RATING)),
            _numbers(batch.column(TARGET_TIMESTAMP)),
        )


def count_rows(path: Path) -> int:
    """Rows of a Parquet file, from its footer."""
    return int(pa.parquet.read_metadata(path).num_rows)


def _batches(path: Path, names: list[str] | None) -> Iterator[pa.RecordBatch]:
    # Buffered ahead, all bytes of the file would stay in memory: apache/arrow issue 39808.
    with pa.parquet.ParquetFile(path, pre_buffer=False) as file:
        yield from file.iter_batches(USERS_PER_BATCH, columns=names)


def _lengths(batch: pa.RecordBatch) -> np.ndarray:
    return _numbers(pc.list_value_length(batch.column(HISTORY_ITEM_ID))).astype(np.int64)


def _numbers(values: pa.Array) -> np.ndarray:
    return values.to_numpy(zero_copy_only=False)
