"""One liked item of a user's set is hidden; the rest of the set is the input.

Histories are sets here: the input of a fitted example holds events after the hidden one too, all of
the same split. A request's input is its history, and it is an example if its target was liked.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from pipeline.gather import spans, within
from pipeline.hashing import mixed, seeded_hash
from pipeline.splits.cut import Cut
from pipeline.tasks.picks import Picks, liked
from schemas.columns import HISTORY_ITEM_ID, HISTORY_RATING, USER_ID
from schemas.config import PrepareConfig


def pick(profiles: pa.RecordBatch, cut: Cut, config: PrepareConfig) -> Picks:
    """The sets of a split, each with one item hidden.

    Args:
        profiles: One row per user.
        cut: The split's rows; without targets, the hidden item is drawn from their histories.
        config: `target_min_rating`, `masks_per_user` and `seed`.

    Returns:
        Users without a liked item, or with nothing else, give no example.
    """
    first = spans(profiles).first[cut.user]
    rating = profiles.column(HISTORY_RATING).flatten().to_numpy(zero_copy_only=False)
    if cut.target is not None:
        hidden = first + cut.target
        row = np.flatnonzero(liked(rating[hidden], config))
        history = cut.history[row]
        events = np.repeat(first[row], history) + within(history)
        return Picks(cut.user[row], history, events, hidden[row])
    row, hidden = _drawn(profiles, cut, first, liked(rating, config), config)
    history = cut.history[row]
    events = np.repeat(first[row], history) + within(history)
    rest = events[events != np.repeat(hidden, history)]
    return Picks(cut.user[row], history - 1, rest, hidden)


def _drawn(
    profiles: pa.RecordBatch,
    cut: Cut,
    first: np.ndarray,
    is_liked: np.ndarray,
    config: PrepareConfig,
) -> tuple[np.ndarray, np.ndarray]:
    """Row of the cut and flat position of each hidden event, by a hash of user and item."""
    row = np.repeat(np.arange(len(cut.user)), cut.history)
    event = np.repeat(first, cut.history) + within(cut.history)
    possible = is_liked[event] & (cut.history[row] > 1)
    row, event = row[possible], event[possible]
    users = seeded_hash(profiles.column(USER_ID), config.seed, "mask user")[cut.user[row]]
    items = profiles.column(HISTORY_ITEM_ID).flatten().take(pa.array(event))
    draw = mixed(users, seeded_hash(items, config.seed, "mask item"))
    order = np.lexsort((event, draw, row))
    row, event = row[order], event[order]
    starts = np.flatnonzero(np.diff(row, prepend=-1))
    rank = np.arange(len(row)) - np.repeat(starts, np.diff(np.append(starts, len(row))))
    taken = rank < config.masks_per_user
    return row[taken], event[taken]
