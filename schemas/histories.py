"""Histories as columns, and the windows that models read from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from schemas import columns


@dataclass(frozen=True)
class Histories:
    """All users' events, columnar.

    Attributes:
        users: `[users]` str, sorted.
        offsets: `[users + 1]` int64; user u's events are `offsets[u]:offsets[u + 1]`, oldest first.
        item_id: `[events]` int64 vocabulary indices.
        rating: `[events]` float32, NaN where none was given.
        timestamp: `[events]` int64 unix seconds, 0 where unknown.
        user_features: User feature to `[users]` int64.
    """

    users: np.ndarray
    offsets: np.ndarray
    item_id: np.ndarray
    rating: np.ndarray
    timestamp: np.ndarray
    user_features: dict[str, np.ndarray]

    @property
    def lengths(self) -> np.ndarray:
        """Events of each user, `[users]` int64."""
        return np.diff(self.offsets)

    def head(self, lengths: np.ndarray) -> Histories:
        """The same users with their first `lengths[u]` events."""
        kept = np.arange(len(self.item_id)) - np.repeat(self.offsets[:-1], self.lengths)
        keep = kept < np.repeat(lengths, self.lengths)
        offsets = np.concatenate([[0], np.cumsum(np.minimum(lengths, self.lengths))])
        return Histories(
            self.users,
            offsets,
            self.item_id[keep],
            self.rating[keep],
            self.timestamp[keep],
            self.user_features,
        )


def training_windows(
    histories: Histories, history_len: int, earlier: int = 0
) -> dict[str, np.ndarray]:
    """Cuts histories into windows of `history_len` events and the event after each of them.

    Windows end at a user's newest event and go back in steps of `history_len`, so that each event
    is the target of exactly one position. Only a window that starts with a user's first event has a
    target for the viewer token, which sees no event.

    Args:
        histories: The events to train on.
        history_len: Events of a window.
        earlier: Events before each window that are given with it.

    Returns:
        `history_item_id`, `history_rating`, `history_timestamp` `[windows, earlier + history_len]`,
        left-padded with 0 and NaN; `target_item_id` `[windows, 1 + history_len]` int64, 0 where
        there is no target; `target_rating`, NaN there, and `target_timestamp`, 0 there; each user
        feature `[windows]`.
    """
    counts = np.maximum(-(-(histories.lengths - 1) // history_len), histories.lengths > 0)
    user = np.repeat(np.arange(len(histories.users)), counts)
    back = np.arange(len(user)) - np.repeat(np.cumsum(counts) - counts, counts)
    end = histories.offsets[user + 1] - 1 - back * history_len
    batch = history_before(histories, user, end, earlier + history_len)
    slots = end[:, None] + np.arange(-history_len, 1)
    first = histories.offsets[user]
    real = slots > first[:, None]
    # The viewer token predicts a user's first event, in the one window that begins there.
    slots[:, 0] = first
    real[:, 0] = end - history_len <= first
    slots = np.where(real, slots, 0)
    batch[columns.TARGET_ITEM_ID] = np.where(real, histories.item_id[slots], columns.PADDING)
    batch[columns.TARGET_TIMESTAMP] = np.where(real, histories.timestamp[slots], 0)
    batch[columns.TARGET_RATING] = np.where(real, histories.rating[slots], np.nan)
    return batch


def history_before(
    histories: Histories, user: np.ndarray, end: np.ndarray, history_len: int
) -> dict[str, np.ndarray]:
    """The newest `history_len` events before absolute event `end`, for each row.

    Args:
        histories: All events.
        user: `[rows]` user rows.
        end: `[rows]` absolute event positions, exclusive.
        history_len: Width.

    Returns:
        `history_*` `[rows, history_len]`, left-padded, and each user feature `[rows]`.
    """
    slots = end[:, None] + np.arange(-history_len, 0)
    real = slots >= histories.offsets[user][:, None]
    slots = np.where(real, slots, 0)
    return {
        columns.HISTORY_ITEM_ID: np.where(real, histories.item_id[slots], columns.PADDING),
        columns.HISTORY_RATING: np.where(real, histories.rating[slots], np.nan).astype(np.float32),
        columns.HISTORY_TIMESTAMP: np.where(real, histories.timestamp[slots], 0),
    } | {name: values[user] for name, values in histories.user_features.items()}
