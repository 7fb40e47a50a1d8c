"""Events to one history per user, inside one hash shard's Arrow batch."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.feature_types import ARROW_TYPES, missing
from pipeline.rejects import reject_batch
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
    users = batch.column(USER_ID).dictionary_encode()
    names = users.dictionary.to_numpy(zero_copy_only=False)
    hashes = pd.util.hash_array(names, hash_key=HASH_KEY, categorize=False)
    shard_of_user = (hashes % np.uint64(shards)).astype(np.int64)
    shard = shard_of_user[users.indices.to_numpy()]
    for number in np.unique(shard):
        yield int(number), batch.take(pa.array(np.flatnonzero(shard == number)))


def in_order(events: pa.RecordBatch) -> pa.RecordBatch:
    """Sorts by user, then time, then place in the source: the same order on every runner."""
    users = _codes(events.column(USER_ID))
    order = np.lexsort(
        (events.column(ORDINAL).to_numpy(), events.column(TIMESTAMP).to_numpy(), users)
    )
    return events.take(pa.array(order))


def without_repeats(events: pa.RecordBatch) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    """Keeps the first of several events of one user with one item.

    Args:
        events: Events `in_order`.

    Returns:
        `(events, rejects)`.
    """
    items = _codes(events.column(ITEM_ID))
    pairs = _codes(events.column(USER_ID)) * (items.max(initial=0) + 1) + items
    first = np.zeros(len(events), bool)
    first[np.unique(pairs, return_index=True)[1]] = True
    repeats = events.filter(pa.array(~first))
    rejects = reject_batch(
        repeats.column(ORDINAL).to_numpy(),
        ITEM_ID,
        repeats.column(ITEM_ID),
        "expected one event of a user with an item",
    )
    return events.filter(pa.array(first)), rejects


def group(events: pa.RecordBatch) -> pa.RecordBatch:
    """Events `in_order` to one row per user.

    Returns:
        `user_id` string, sorted; `history_*` lists, oldest event first.
    """
    users = _codes(events.column(USER_ID))
    starts = np.flatnonzero(np.diff(users, prepend=-1))
    offsets = pa.array(np.append(starts, len(events)).astype(np.int32))
    histories = {
        name: pa.ListArray.from_arrays(offsets, events.column(column))
        for name, column in HISTORY.items()
    }
    return pa.record_batch({USER_ID: events.column(USER_ID).take(pa.array(starts)), **histories})


def join_users(histories: pa.RecordBatch, users: pa.RecordBatch, card: Card) -> pa.RecordBatch:
    """Adds the user features after `user_id`; missing ones for users nothing is known of."""
    row = pc.index_in(histories.column(USER_ID), value_set=users.column(USER_ID))
    features = {}
    for name in card.user_features:
        found = users.column(name).take(row)
        features[name] = pc.fill_null(found, missing(found.type))
    columns = {name: histories.column(name) for name in HISTORY}
    return pa.record_batch({USER_ID: histories.column(USER_ID), **features, **columns})


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


def _codes(values: pa.Array) -> np.ndarray:
    """`[rows]` int64, ordered as the strings are."""
    encoded = values.dictionary_encode()
    order = pc.sort_indices(encoded.dictionary).to_numpy()
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return rank[encoded.indices.to_numpy()]
