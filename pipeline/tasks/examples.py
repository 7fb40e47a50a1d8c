"""The examples of the tasks that look at one user at a time."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from pipeline.gather import gather, spans
from pipeline.splits.cut import Split
from pipeline.tasks import random_masking, sequential, sliding_windows
from pipeline.tasks.facts import ItemFacts
from pipeline.tasks.past import ITEM_MEAN, LABEL, item_mean, past_statistics
from pipeline.tasks.picks import label
from schemas.columns import TARGET_ITEM_ID, TARGET_RATING
from schemas.config import PrepareConfig

USER_TASKS = {
    "sequential": sequential.pick,
    "random_masking": random_masking.pick,
    "sliding_windows": sliding_windows.pick,
}

Numbers = dict[str, np.ndarray]
"""Name to float32 `[examples, values]`, as `past.widths`."""


def user_examples(
    profiles: pa.RecordBatch,
    task: str,
    name: str,
    how: Split,
    config: PrepareConfig,
    facts: ItemFacts,
) -> tuple[pa.RecordBatch, Numbers]:
    """One split's examples of a task.

    Args:
        profiles: One row per user with all events.
        task: One of `USER_TASKS`.
        name: The split.
        how: The kind of split.
        config: Settings of the task.
        facts: What is known of items.

    Returns:
        The columns of `profiles` with the input as history, and `target_*`; and the numbers.
        Events without a rating are no targets where the label is the rating.
    """
    picks = USER_TASKS[task](profiles, how.cut(profiles, name), config)
    rows = gather(profiles, *picks)
    rating = rows.column(TARGET_RATING).to_numpy(zero_copy_only=False)
    labels = label(rating, config)
    in_train = targets_in_train(profiles, picks.user, picks.target, how)
    item = facts.rows(rows.column(TARGET_ITEM_ID))
    numbers = {
        LABEL: labels[:, None],
        ITEM_MEAN: item_mean(facts, item, rating[:, None], in_train[:, None]),
    } | past_statistics(rows, facts)
    known = ~np.isnan(labels)
    return rows.filter(pa.array(known)), {n: values[known] for n, values in numbers.items()}


def targets_in_train(
    profiles: pa.RecordBatch, user: np.ndarray, target: np.ndarray, how: Split
) -> np.ndarray:
    """Which events `train` holds: bool `[examples]`.

    Args:
        profiles: One row per user with all events.
        user: int64 `[examples]`, row of the profile.
        target: int64 `[examples]`, flat position of the event.
        how: The kind of split.
    """
    where, train = spans(profiles), how.cut(profiles, "train")
    length = np.zeros(len(profiles), np.int64)
    length[train.user] = train.history
    return target - where.first[user] < length[user]
