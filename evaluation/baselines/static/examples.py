"""Rows that a model of rows is fitted on: an event is hidden, or an item was never watched."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from evaluation.baselines.static.features import NAMES, StaticFeatures
from evaluation.batches import batches
from evaluation.histories import RawHistories

HIDDEN = 20_000
"""Most events that are hidden, each once."""
UNWATCHED = 4
"""Items drawn beside each hidden event that the person never watched."""
HISTORIES_AT_ONCE = 256


class Pairs(NamedTuple):
    """Histories and items.

    Attributes:
        row: int64 `[pairs]`, row of the history.
        item: int64 `[pairs]`, catalogue index.
        hidden: int64 `[pairs]`, item of the history that is hidden: this one, or the one that it
            was drawn beside.
    """

    row: np.ndarray
    item: np.ndarray
    hidden: np.ndarray


def draw_hidden(histories: RawHistories, usable: np.ndarray, seed: int) -> np.ndarray:
    """Draws events to hide: int64 `[hidden]`, positions in `history_item`, rising.

    Args:
        histories: The events.
        usable: bool `[events]`, which may be drawn.
        seed: Of the draw.
    """
    events = np.flatnonzero(usable)
    rng = np.random.default_rng(seed)
    return np.sort(rng.choice(events, min(HIDDEN, len(events)), replace=False))


def follows(histories: RawHistories) -> np.ndarray:
    """Which events have another before them in their history: bool `[events]`."""
    return histories.events(histories.rows).age < np.repeat(
        np.diff(histories.indptr) - 1, np.diff(histories.indptr)
    )


def ending_at(histories: RawHistories, events: np.ndarray) -> tuple[RawHistories, np.ndarray]:
    """A history for each of some events, which is its last.

    Args:
        histories: The events.
        events: int64 `[events]`, positions in `history_item`.

    Returns:
        The histories, and the positions of the same events in theirs.
    """
    row = np.searchsorted(histories.indptr, events, side="right") - 1
    lengths = events + 1 - histories.indptr[row]
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    position = np.arange(indptr[-1]) + np.repeat(events + 1 - indptr[1:], lengths)
    cut = RawHistories(
        item_ids=histories.item_ids,
        user_ids=histories.user_ids[row],
        user_features={name: of[row] for name, of in histories.user_features.items()},
        indptr=indptr,
        history_item=histories.history_item[position],
        history_rating=histories.history_rating[position],
        history_timestamp=histories.history_timestamp[position],
    )
    return cut, indptr[1:] - 1


def pairs_with_unwatched(histories: RawHistories, events: np.ndarray, seed: int) -> Pairs:
    """Hidden events, then items beside each that the person never watched.

    The event is hidden in the rows of those items too: a longer history would give them away.

    Args:
        histories: The events.
        events: int64 `[hidden]`, as `draw_hidden` gives them.
        seed: Of the draw; of an item that turns out to be watched there is no pair.
    """
    owner = histories.events(histories.rows).row
    rng = np.random.default_rng(seed)
    target = histories.history_item[events].astype(np.int64)
    row, beside = (np.repeat(values, UNWATCHED) for values in (owner[events], target))
    item = rng.integers(0, histories.items, len(row))
    watched = np.unique(owner * np.int64(histories.items) + histories.history_item)
    new = ~np.isin(row * np.int64(histories.items) + item, watched)
    return Pairs(
        np.concatenate([owner[events], row[new]]),
        np.concatenate([target, item[new]]),
        np.concatenate([target, beside[new]]),
    )


def features_of(features: StaticFeatures, histories: RawHistories, pairs: Pairs) -> np.ndarray:
    """Features of all pairs: float32 `[pairs, 6]`."""
    found = np.empty((len(pairs.row), len(NAMES)), np.float32)
    order = np.argsort(pairs.row, kind="stable")
    for rows in batches(np.unique(pairs.row), HISTORIES_AT_ONCE):
        first, last = np.searchsorted(pairs.row[order], [rows[0], rows[-1] + 1])
        some = order[first:last]
        place = np.searchsorted(rows, pairs.row[some])
        found[some] = features.of_pairs(
            histories, rows, place, pairs.item[some], pairs.hidden[some]
        )
    return found
