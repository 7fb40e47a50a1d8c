"""What people tagged items with, as a feature of the items."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.sources.tables import read_columns
from pipeline.splits.cut import Split, split
from schemas.cards import Card, Feature, FeatureKind, TagTable
from schemas.columns import HISTORY_ITEM_ID, ITEM_ID, TAGS, USER_ID


def with_tags(
    items: pa.RecordBatch, card: Card, said: pa.Table, profiles: Sequence[Path], how: Split
) -> tuple[pa.RecordBatch, Card]:
    """Adds the tags of each item to the catalogue, and their feature to the card.

    A tag counts only if the person who set it has an event with the item in `train`: what was said
    of an event that is held out would tell of it.

    Args:
        items: The catalogue.
        card: Its card, with a table of tags.
        said: What `read_tags` read of it.
        profiles: The shard files that `collect` wrote.
        how: The split.

    Returns:
        The items with a column `tags`, in the same order, and the card with a feature in place of
        the table.

    Raises:
        ValueError: The card has no table of tags.
    """
    table = card.tags
    if table is None:
        raise ValueError(f"{card.name}: expected a table of tags, got none")
    fitted = _of_fitted_events(said, profiles, how)
    lists = most_said(fitted, items.column(ITEM_ID), table.max_tags)
    tags = Feature(kind=FeatureKind.MULTI_CATEGORICAL, column=(TAGS,), min_count=table.min_count)
    features = card.item_features | {TAGS: tags}
    card = dataclasses.replace(card, tags=None, item_features=features)
    return items.append_column(TAGS, lists), card


def read_tags(directory: Path, table: TagTable) -> pa.Table:
    """All tags in lower case: `user_id`, `item_id` and `tags`, string.

    Raises:
        SourceError: A file is missing or broken or lacks a column.
    """
    columns = read_columns(directory, table, [*table.ids.values(), table.tag])
    named = {ours: columns[theirs] for ours, theirs in table.ids.items()}
    said = pa.table(named | {TAGS: pc.utf8_lower(columns[table.tag])})
    return said.filter(pc.not_equal(said[TAGS], ""))


def most_said(said: pa.Table, item_id: pa.Array, most: int) -> pa.Array:
    """The tags that most people gave each item.

    Args:
        said: As `read_tags`.
        item_id: string `[items]`, the catalogue.
        most: Tags of one item at most; of equal ones, those that are first in the alphabet.

    Returns:
        `[items]` list of string, the most frequent first.
    """
    counts = said.group_by([ITEM_ID, TAGS]).aggregate([(USER_ID, "count_distinct")])
    counts = counts.append_column("row", pc.index_in(counts[ITEM_ID], item_id))
    counts = counts.filter(pc.is_valid(counts["row"]))
    order = [("row", "ascending"), (f"{USER_ID}_count_distinct", "descending"), (TAGS, "ascending")]
    counts = counts.sort_by(order)
    row = counts["row"].to_numpy()
    kept = np.arange(len(row)) - np.searchsorted(row, row) < most
    lengths = np.bincount(row[kept], minlength=len(item_id))
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    values = counts[TAGS].combine_chunks().filter(pa.array(kept))
    return pa.ListArray.from_arrays(pa.array(offsets), values)


def _of_fitted_events(said: pa.Table, profiles: Sequence[Path], how: Split) -> pa.Table:
    """The tags whose person and item are an event of `train`."""
    pairs = pc.binary_join_element_wise(said[USER_ID], said[ITEM_ID], "\n").combine_chunks()
    known = np.zeros(len(pairs), bool)
    for path in profiles:
        with pa.memory_map(str(path)) as file:
            reader = pa.ipc.open_file(file)
            for number in range(reader.num_record_batches):
                fitted = _pairs(split(reader.get_batch(number), "train", how))
                known |= pc.is_in(pairs, value_set=fitted).to_numpy(zero_copy_only=False)
    return said.filter(pa.array(known))


def _pairs(profiles: pa.RecordBatch) -> pa.Array:
    """User and item of every event, as one text; neither has a line end."""
    items = profiles.column(HISTORY_ITEM_ID)
    users = profiles.column(USER_ID).take(pc.list_parent_indices(items))
    return pc.binary_join_element_wise(users, items.flatten(), "\n")
