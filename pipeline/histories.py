"""Events to one history per user, inside one hash shard's Arrow batch."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.feature_types import ARROW_TYPES, missing
from pipeline.hashing import mixed
from pipeline.rejects import REPEATED, join_rejects, reject_batch
from schemas.cards import Card
from schemas.columns import (
    HISTORY_ITEM_ID,
    HISTORY_RATING,
    HISTORY_TIMESTAMP,
    ITEM_ID,
    ORDINAL,
    RATING,
    TIMESTAMP,
    USER_ID,
)

HISTORY = {HISTORY_ITEM_ID: ITEM_ID, HISTORY_RATING: RATING, HISTORY_TIMESTAMP: TIMESTAMP}
HASH_KEY = "matinee-shard-ky"
"""Sixteen characters, as the hash wants; fixed, so that a user has one shard everywhere."""


def by_shard(batch: pa.RecordBatch, shards: int) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Splits a batch by a hash of `user_id`; the rows of a shard keep their order."""
    users = batch.column(USER_ID)
    if not pa.types.is_dictionary(users.type):
        users = users.dictionary_encode()
    names = users.dictionary.to_numpy(zero_copy_only=False)
    hashes = pd.util.hash_array(names, hash_key=HASH_KEY, categorize=False)
    shard_of_user = (hashes % np.uint64(shards)).astype(np.min_scalar_type(shards))  # as `_codes`
    shard = shard_of_user[users.indices.to_numpy()]
    order = np.argsort(shard, kind="stable")
    ends = np.cumsum(np.bincount(shard, minlength=shards))
    for number, rows in enumerate(np.split(order, ends[:-1])):
        if len(rows):
            columns = [_used(column.take(pa.array(rows))) for column in batch.columns]
            yield number, pa.record_batch(columns, schema=batch.schema)


def in_order(events: pa.RecordBatch, tie_seed: int = 0) -> pa.RecordBatch:
    """Sorts by user, then time, then place in the source: the same order on every runner.

    Args:
        events: Of `cleaning.CODED_EVENTS`.
        tie_seed: Unless 0, a user's events of one second come in the order of a hash of it and
            their places instead: a random one, and still the same on every runner.

    Returns:
        The same, with dictionaries that are sorted, so that the places sort as the ids do.
    """
    users, items = (_sorted_codes(events.column(name)) for name in (USER_ID, ITEM_ID))
    time, ordinal = (events.column(name).to_numpy() for name in (TIMESTAMP, ORDINAL))
    ties = mixed(ordinal.astype(np.uint64), np.uint64(tie_seed)) if tie_seed else ordinal
    order = np.lexsort((ties, time, _codes(users)))
    columns = {name: events.column(name) for name in events.schema.names}
    columns |= {USER_ID: users, ITEM_ID: items}
    return pa.record_batch(columns, schema=events.schema).take(pa.array(order))


def without_repeats(events: pa.RecordBatch) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    """Keeps the first of several events of one user with one item.

    Args:
        events: Events `in_order`.

    Returns:
        `(events, rejects)`.
    """
    users, items = (_codes(events.column(name)) for name in (USER_ID, ITEM_ID))
    # Stable: an item's events stay in order of users, and of equal pairs the first stays the first.
    order = np.argsort(items, kind="stable")
    same = (np.diff(users[order]) == 0) & (np.diff(items[order]) == 0)
    if not same.any():
        return events, join_rejects([])
    kept = np.ones(len(events), bool)
    kept[order[1:][same]] = False
    repeats = events.filter(pa.array(~kept))
    rejects = reject_batch(
        repeats.column(ORDINAL).to_numpy(),
        ITEM_ID,
        repeats.column(ITEM_ID).cast(pa.string()),
        REPEATED,
    )
    return events.filter(pa.array(kept)), rejects


def group(events: pa.RecordBatch) -> pa.RecordBatch:
    """Events `in_order` to one row per user.

    Returns:
        `user_id` string, sorted; `history_*` lists, oldest event first.
    """
    users = events.column(USER_ID)
    starts = np.flatnonzero(np.diff(users.indices.to_numpy(), prepend=-1))
    offsets = pa.array(np.append(starts, len(events)).astype(np.int32))
    histories = {
        name: pa.ListArray.from_arrays(offsets, _plain(events.column(column)))
        for name, column in HISTORY.items()
    }
    return pa.record_batch({USER_ID: _plain(users.take(pa.array(starts))), **histories})


def join_users(histories: pa.RecordBatch, users: pa.RecordBatch, card: Card) -> pa.RecordBatch:
    """Adds the user features after `user_id`; missing ones for users nothing is known of."""
    row = pc.index_in(histories.column(USER_ID), value_set=users.column(USER_ID))
    features = {}
    for name in card.user_features:
        found = users.column(name).take(row)
        features[name] = pc.fill_null(found, missing(found.type))
    columns = {name: histories.column(name) for name in (USER_ID, *HISTORY)} | features
    schema = profile_schema(card)
    return pa.record_batch([columns[name] for name in schema.names], schema=schema)


def profile_schema(card: Card) -> pa.Schema:
    """Arrow schema of what `join_users` returns."""
    features = [(name, ARROW_TYPES[f.kind]) for name, f in card.user_features.items()]
    return pa.schema(
        [
            (USER_ID, pa.string()),
            *features,
            (HISTORY_ITEM_ID, pa.list_(pa.string())),
            (HISTORY_RATING, pa.list_(pa.float32())),
            (HISTORY_TIMESTAMP, pa.list_(pa.int64())),
        ]
    )


def _used(column: pa.Array) -> pa.Array:
    """A column whose dictionary, if it has one, holds nothing but what the rows name."""
    if not pa.types.is_dictionary(column.type):
        return column
    indices = column.indices.to_numpy()
    named = np.zeros(len(column.dictionary), bool)
    named[indices] = True
    place = np.cumsum(named, dtype=np.int32) - np.int32(1)
    words = column.dictionary.filter(pa.array(named))
    return pa.DictionaryArray.from_arrays(pa.array(place[indices]), words)


def _sorted_codes(column: pa.Array) -> pa.Array:
    """The same values with their dictionary in order."""
    order = pc.sort_indices(column.dictionary)
    rank = np.empty(len(order), np.int32)
    rank[order.to_numpy()] = np.arange(len(order), dtype=np.int32)
    codes = pa.array(rank[column.indices.to_numpy()])
    return pa.DictionaryArray.from_arrays(codes, column.dictionary.take(order))


def _codes(column: pa.Array) -> np.ndarray:
    """`[rows]` places in the dictionary, in the smallest type: numpy sorts two bytes by radix."""
    return column.indices.to_numpy().astype(np.min_scalar_type(len(column.dictionary)))


def _plain(column: pa.Array) -> pa.Array:
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
