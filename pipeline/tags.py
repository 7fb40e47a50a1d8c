"""What people tagged items with, as a feature of the items."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.sources.files import SourceError
from pipeline.sources.tables import Columns, read_columns
from pipeline.splits.cut import Split, split
from pipeline.times import EXPECTED, unix_seconds
from schemas.cards import Card, Feature, FeatureKind, TagTable
from schemas.columns import HISTORY_ITEM_ID, ITEM_ID, TAGS, TIMESTAMP, USER_ID


def with_tags(
    items: pa.RecordBatch, card: Card, said: pa.Table, profiles: Sequence[Path], how: Split
) -> tuple[pa.RecordBatch, Card]:
    """Adds the tags of each item to the catalogue, and their feature to the card.

    A tag counts only if the person who set it has an event with the item in `train`: what was said
    of an event that is held out would tell of it. Where `train` ends for everybody at one moment,
    it has to be said before that moment too.

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
        ValueError: The card has no table of tags, or one without times where they are needed.
    """
    table = card.tags
    if table is None:
        raise ValueError(f"{card.name}: expected a table of tags, got none")
    if how.train_ends is not None:
        if not table.timestamp:
            raise ValueError(
                f"{card.name}: tags.timestamp: expected the column of the time, since the split is "
                "by time; got none"
            )
        said = said.filter(pc.less(said[TIMESTAMP], how.train_ends))
    fitted = _of_fitted_events(said, profiles, how)
    lists = most_said(fitted, items.column(ITEM_ID), table.max_tags)
    tags = Feature(kind=FeatureKind.MULTI_CATEGORICAL, column=(TAGS,), min_count=table.min_count)
    features = card.item_features | {TAGS: tags}
    card = dataclasses.replace(card, tags=None, item_features=features)
    return items.append_column(TAGS, lists), card


def read_tags(directory: Path, table: TagTable) -> pa.Table:
    """All tags in lower case: `user_id`, `item_id` and `tags`, string; `timestamp` int64.

    Times are unix seconds, and 0 where the table has none.

    Raises:
        SourceError: A file is missing or broken or lacks a column, or a time is none.
    """
    names = [*table.ids.values(), table.tag, *([table.timestamp] if table.timestamp else [])]
    columns = read_columns(directory, table, names, {table.timestamp: table.timestamp_unit})
    named = {ours: columns[theirs] for ours, theirs in table.ids.items()}
    named |= {TAGS: pc.utf8_lower(columns[table.tag]), TIMESTAMP: _times(directory, table, columns)}
    said = pa.table(named)
    return said.filter(pc.not_equal(said[TAGS], ""))


def _times(directory: Path, table: TagTable, columns: Columns) -> pa.Array:
    if not table.timestamp:
        return pa.array(np.zeros(len(columns[table.tag]), np.int64))
    text = columns[table.timestamp]
    seconds = unix_seconds(text, table.timestamp_unit)
    if np.isnan(seconds).any():
        wrong = text[int(np.isnan(seconds).argmax())].as_py()
        where = directory / ", ".join(table.files)
        expected = EXPECTED[table.timestamp_unit]
        raise SourceError(f"{where}: {table.timestamp}: {expected}, got {wrong!r}")
    return pa.array(seconds.astype(np.int64))


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
    person = said[USER_ID].combine_chunks().dictionary_encode()
    number = person.indices.to_numpy()
    by_person, counts = np.argsort(number), np.bincount(number, minlength=len(person.dictionary))
    known = np.zeros(len(pairs), bool)
    for path in profiles:
        with pa.memory_map(str(path)) as file:
            reader = pa.ipc.open_file(file)
            for batch in map(reader.get_batch, range(reader.num_record_batches)):
                here = pc.is_in(person.dictionary, value_set=batch.column(USER_ID))
                rows = by_person[np.repeat(here.to_numpy(zero_copy_only=False), counts)]
                fitted = pc.is_in(pairs.take(rows), value_set=_pairs(split(batch, "train", how)))
                known[rows] = fitted.to_numpy(zero_copy_only=False)
    return said.filter(pa.array(known))


def _pairs(profiles: pa.RecordBatch) -> pa.Array:
    """User and item of every event, as one text; neither has a line end."""
    items = profiles.column(HISTORY_ITEM_ID)
    users = profiles.column(USER_ID).take(pc.list_parent_indices(items))
    return pc.binary_join_element_wise(users, items.flatten(), "\n")
