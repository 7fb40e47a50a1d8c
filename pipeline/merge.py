"""The raw tables of `prepared`: shard files merged, a block of users at a time, into Parquet."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from pipeline.item_counts import ItemCounts
from pipeline.raw_schema import TARGET_COLUMNS
from pipeline.splits.cut import Split, split
from pipeline.tasks.facts import RATING_COUNT, RATING_SUM
from schemas.columns import (
    HISTORY_ITEM_ID,
    ITEM_ID,
    REQUESTS,
    SPLITS,
    TRAIN_COUNT,
    USER_ID,
)

ITEM_RATINGS = "item_ratings.parquet"
USERS_PER_GROUP = 4096
USERS_PER_PART = 512
"""Users whose requests are held at once: a user may have many, each with a whole history."""


def write_tables(
    profiles: Sequence[Path],
    items: pa.RecordBatch,
    how: Split,
    out: Path,
    done: Callable[[int, int], None] = lambda users, total: None,
) -> dict[str, int]:
    """Writes profiles, fit, validation, test, catalogue and the items' ratings in `train`.

    Args:
        profiles: Shard files, at least one, each sorted by `user_id`.
        items: The catalogue, sorted by `item_id`.
        how: The split.
        out: Directory of the Parquet files.
        done: Told of the users written and of how many there are.

    Returns:
        Rows of each split, `users` and `events`.
    """
    # Mapped, not read.
    shards = [pa.ipc.open_file(pa.memory_map(str(path))).read_all() for path in profiles]
    users = sum(len(shard) for shard in shards)
    schema = shards[0].schema
    with_target = pa.schema([*schema, *TARGET_COLUMNS.items()])
    schemas = {"fit": schema} | dict.fromkeys(REQUESTS, with_target)
    counts = ItemCounts(items.column(ITEM_ID))
    rows = dict.fromkeys(("events", "users", *SPLITS), 0)
    with contextlib.ExitStack() as opened:
        tables = {
            name: opened.enter_context(pa.parquet.ParquetWriter(out / f"{name}.parquet", columns))
            for name, columns in ({"profiles": schema} | schemas).items()
        }
        for block in _merged(shards):
            tables["profiles"].write_batch(block)
            rows["events"] += len(block.column(HISTORY_ITEM_ID).flatten())
            rows["users"] += len(block)
            for start in range(0, len(block), USERS_PER_PART):
                some = block.slice(start, USERS_PER_PART)
                parts = {name: split(some, name, how) for name in SPLITS}
                counts.add(parts["train"])
                for name, part in parts.items():
                    rows[name] += len(part)
                    if name in tables and len(part):
                        tables[name].write_batch(part)
            done(rows["users"], users)
    catalogue = items.append_column(TRAIN_COUNT, pa.array(counts.events))
    pa.parquet.write_table(pa.Table.from_batches([catalogue]), out / "catalogue.parquet")
    ratings = {
        ITEM_ID: items.column(ITEM_ID),
        RATING_COUNT: counts.rated,
        RATING_SUM: counts.rating_sum,
    }
    pa.parquet.write_table(pa.table(ratings), out / ITEM_RATINGS)
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
