"""Pairs of users who rated the same item: both histories, and the mean of the two ratings.

A pair is one example, whichever user comes first: the left one is who sorts first by id. Each
history ends before its owner's own rating of the item.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.gather import gather, spans, within
from pipeline.splits.cut import Split
from pipeline.tasks.examples import Numbers, targets_in_train
from pipeline.tasks.facts import ItemFacts
from pipeline.tasks.pair_plan import SIDES
from pipeline.tasks.past import ITEM_MEAN, LABEL, item_mean, past_statistics
from pipeline.tasks.picks import label
from schemas.columns import TARGET_ITEM_ID, TARGET_RATING, USER_ID
from schemas.config import PrepareConfig


def pair_examples(
    plan: pa.RecordBatch,
    profiles: Sequence[Path],
    how: Split,
    config: PrepareConfig,
    facts: ItemFacts,
) -> tuple[pa.RecordBatch, Numbers]:
    """The examples of some pairs.

    Args:
        plan: Rows that `plan_pairs` wrote.
        profiles: The shard files that it read, in its order.
        how: The split that it was given.
        config: `pair_history_len`, `task_label`, `target_min_rating`.
        facts: What is known of items.

    Returns:
        Rows 2i and 2i + 1 are the left and the right user of pair i, each with the columns of a
        profile and of a target; and the numbers, whose label and item average are the pair's.
    """
    users = _users(plan, profiles)
    length = np.concatenate([plan.column(f"history_{side}").to_numpy() for side in SIDES])
    target = np.concatenate([plan.column(f"target_{side}").to_numpy() for side in SIDES])
    order = _sides(users.column(USER_ID))
    users, length, target = users.take(pa.array(order)), length[order], target[order]

    first = spans(users).first
    kept = np.minimum(length, config.pair_history_len)
    events = np.repeat(first + length - kept, kept) + within(kept)
    everyone = np.arange(len(users))
    rows = gather(users, everyone, kept, events, first + target)
    in_train = targets_in_train(users, everyone, first + target, how)
    return rows, _numbers(rows, in_train, config, facts)


def _numbers(
    rows: pa.RecordBatch, in_train: np.ndarray, config: PrepareConfig, facts: ItemFacts
) -> Numbers:
    rating = rows.column(TARGET_RATING).to_numpy(zero_copy_only=False).reshape(-1, 2)
    given = ~np.isnan(rating)
    total = np.where(given, rating, 0).sum(axis=1)
    mean = np.where(given.any(axis=1), total / np.maximum(given.sum(axis=1), 1), np.nan)
    item = facts.rows(rows.column(TARGET_ITEM_ID))[::2]
    shared = {
        LABEL: label(mean, config)[:, None],
        ITEM_MEAN: item_mean(facts, item, rating, in_train.reshape(-1, 2)),
    }
    return {n: np.repeat(v, 2, axis=0) for n, v in shared.items()} | past_statistics(rows, facts)


def _sides(users: pa.Array) -> np.ndarray:
    """Puts all left users, then all right ones, into pairs with the smaller id first."""
    half = len(users) // 2
    left, right = np.arange(half), np.arange(half, 2 * half)
    swap = pc.greater(users[:half], users[half:]).to_numpy(zero_copy_only=False)
    return np.stack([np.where(swap, right, left), np.where(swap, left, right)], axis=1).ravel()


def _users(plan: pa.RecordBatch, profiles: Sequence[Path]) -> pa.RecordBatch:
    """The profiles of all left users, then of all right ones; the files are mapped, not read."""
    file = np.concatenate([plan.column(f"file_{side}").to_numpy() for side in SIDES])
    row = np.concatenate([plan.column(f"row_{side}").to_numpy() for side in SIDES])
    order = np.argsort(file, kind="stable")
    parts = [
        pa.ipc.open_file(pa.memory_map(str(profiles[number])))
        .read_all()
        .take(pa.array(row[order][file[order] == number]))
        for number in np.unique(file)
    ]
    back = np.argsort(order, kind="stable")
    return pa.concat_tables(parts).combine_chunks().to_batches()[0].take(pa.array(back))
