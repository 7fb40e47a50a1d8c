"""The catalogue: item ids with the card's item features."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.sources.tables import read_table
from pipeline.sources.values import feature_values
from schemas.cards import Card
from schemas.columns import HISTORY_ITEM_ID, ITEM_ID


def read_items(directory: Path, card: Card) -> pa.RecordBatch | None:
    """Every item, sorted by `item_id`; None if the card names no catalogue.

    Returns:
        `item_id` string and each item feature, missing values as docs/artifacts.md has them.

    Raises:
        SourceError: As `tables.read_table`, or a value is not of its feature's kind.
    """
    if card.items is None:
        return None
    table, features = card.items, card.item_features
    columns = read_table(directory, table, features)
    where = str(directory / ", ".join(table.files))
    items = pa.record_batch({ITEM_ID: columns[ITEM_ID]} | feature_values(columns, features, where))
    return items.take(pc.sort_indices(items.column(ITEM_ID)))


def items_of(profiles: Sequence[Path]) -> pa.RecordBatch:
    """The catalogue of a dataset without one: every id that an event names, sorted.

    Args:
        profiles: The shard files that `pipeline.collect` wrote.
    """
    found = [
        pa.ipc.open_file(pa.memory_map(str(path))).read_all().column(HISTORY_ITEM_ID)
        for path in profiles
    ]
    ids = pc.unique(pa.chunked_array([pc.unique(pc.list_flatten(column)) for column in found]))
    return pa.record_batch({ITEM_ID: ids.take(pc.sort_indices(ids))})
