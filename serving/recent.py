"""What a viewer did just now, beside what is recorded of them."""

from __future__ import annotations

import dataclasses

import numpy as np

from serving.profiles import Profile


def with_recent(recorded: Profile, recent: Profile, now: int) -> Profile:
    """A profile with some events more, oldest first.

    Recent events without times are as of now, so that the models see how long ago the others were.
    Where the recorded ones have none, no event gets one and the recent ones come last. What was
    recorded in the meantime, the same item at the same second, is not there twice.

    Args:
        recorded: Its features stay.
        recent: Oldest first; its features do not count.
        now: Unix seconds, for events without a time.
    """
    if not len(recent.rows):
        return recorded
    times = _times(recorded.timestamps, recent.timestamps, now)
    new = ~_recorded(recorded, recent.rows, times)
    rows = np.concatenate([recorded.rows, recent.rows[new]])
    ratings = np.concatenate([recorded.ratings, recent.ratings[new]])
    timestamps = np.concatenate([recorded.timestamps, times[new]])
    order: np.ndarray | slice = slice(None)
    if timestamps.all():
        order = np.argsort(timestamps, kind="stable")
    return dataclasses.replace(
        recorded, rows=rows[order], ratings=ratings[order], timestamps=timestamps[order]
    )


def _times(recorded: np.ndarray, recent: np.ndarray, now: int) -> np.ndarray:
    """Times of the recent events, int64."""
    if not len(recorded):
        return recent
    if not recorded.all():
        return np.zeros_like(recent)
    if recent.any():
        return recent
    # A clock that is behind shall not put them before what is recorded.
    return np.full_like(recent, max(now, int(recorded[-1])))


def _recorded(recorded: Profile, rows: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Which events are there already, `[events]` bool; never one without a time."""
    if not len(recorded.rows) or not times.any():
        return np.zeros(len(rows), dtype=bool)
    event = np.dtype([("row", np.int64), ("time", np.int64)])
    known, asked = np.empty(len(recorded.rows), event), np.empty(len(rows), event)
    known["row"], known["time"] = recorded.rows, recorded.timestamps
    asked["row"], asked["time"] = rows, times
    return np.isin(asked, known)
