"""The raw tables of `prepared`: shard files merged, a block of users at a time, into Parquet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from pipeline.histories import profile_schema
from pipeline.raw_schema import TARGET_COLUMNS
from pipeline.splits import split
from schemas.cards import Card
from schemas.columns import HISTORY_ITEM_ID, ITEM_ID, SPLITS, TRAIN_COUNT, USER_ID

USERS_PER_GROUP = 4096


def write_tables(
    profiles: Sequence[Path],
    items: pa.RecordBatch,
    card: Card,
    min_events: int,
    out: Path,
    done: Callable[[int, int], None] = lambda users, total: None,
) -> dict[str, int]:
    """Writes profiles, fit, validation, test and catalogue.

    Args:
        profiles: Shard files, each sorted by `user_id`.
        items: The catalogue, sorted by `item_id`.
        card: The features.
        min_events: As `splits.split`.
        out: Directory of the Parquet files.
        done: Told of the users written and of how many there are.

    Returns:
        Rows of each split, `users` and `events`.
    """
    schema = profile_schema(card)
    with_target = pa.schema([*schema, *TARGET_COLUMNS.items()])
    counts = np.zeros(len(items), np.int64)
    rows = {"events": 0, "users": 0} | dict.fromkeys(SPLITS, 0)
    # Mapped, not read.
    tables = [pa.ipc.open_file(pa.memory_map(str(path))).read_all() for path in profiles]
    users = sum(len(table) for table in tables)
    with (
        pa.parquet.ParquetWriter(out / "profiles.parquet", schema) as everything,
        pa.parquet.ParquetWriter(out / "fit.parquet", schema) as fit,
        pa.parquet.ParquetWriter(out / "validation.parquet", with_target) as validation,
        pa.parquet.ParquetWriter(out / "test.parquet", with_target) as test,
    ):
        writers = {"fit": fit, "validation": validation, "test": test}
        for block in _merged(tables):
            train = split(block, "train", min_events)
            counts += _item_counts(train, items)
            everything.write_batch(block)
            rows["events"] += len(block.column(HISTORY_ITEM_ID).flatten())
            rows["users"] += len(block)
            rows["train"] += len(train)
            for name, writer in writers.items():
                part = split(block, name, min_events)
                writer.write_batch(part)
                rows[name] += len(part)
            done(rows["users"], users)
    catalogue = items.append_column(TRAIN_COUNT, pa.array(counts))
    pa.parquet.write_table(pa.Table.from_batches([catalogue]), out / "catalogue.parquet")
    return rows


def _merged(tables: Sequence[pa.Table]) -> Iterator[pa.RecordBatch]:
    """Blocks of users in the order of their ids."""
    users = pa.chunked_array(
        [chunk for table in tables for chunk in table.column(USER_ID).chunks], pa.string()
    )
    sizes = [len(table) for table in tables]
    shard = np.repeat(np.arange(len(tables)), sizes)
    row = np.arange(len(users)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    order = pc.sort_indices(users).to_numpy()
    for start in range(0, len(order), USERS_PER_GROUP):
        taken = order[start : start + USERS_PER_GROUP]
        parts = [
            table.take(pa.array(row[taken[shard[taken] == number]]))
            for number, table in enumerate(tables)
        ]
        block = pa.concat_tables(parts).combine_chunks()
        yield block.take(pc.sort_indices(block.column(USER_ID))).combine_chunks().to_batches()[0]


def _item_counts(train: pa.RecordBatch, items: pa.RecordBatch) -> np.ndarray:
    """Events of each item, `[items]` int64."""
    at = pc.index_in(train.column(HISTORY_ITEM_ID).flatten(), value_set=items.column(ITEM_ID))
    return np.bincount(at.to_numpy(), minlength=len(items))
