"""When events happened, and how many of a user share a second."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from pipeline.describe.shares import share

UNKNOWN = 0
"""Timestamp of an event of which no time is known."""
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HOUR, DAY = 3_600, 86_400
FIRST_DAY = 3
"""1 January 1970 was a Thursday."""


class TimeCounts:
    """Adds timestamps up, a batch at a time; unknown ones are counted and left out."""

    def __init__(self) -> None:
        self.known = self.unknown = 0
        self.months: Counter[int] = Counter()
        self.hours = np.zeros((len(DAYS), 24), np.int64)
        self.first: int | None = None
        self.last: int | None = None

    def add(self, timestamps: np.ndarray) -> None:
        """Counts unix seconds: int64 `[events]`."""
        known = timestamps[timestamps != UNKNOWN]
        self.unknown += len(timestamps) - len(known)
        if not len(known):
            return
        self.known += len(known)
        low, high = int(known.min()), int(known.max())
        self.first = low if self.first is None else min(self.first, low)
        self.last = high if self.last is None else max(self.last, high)
        months = known.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)
        values, counts = np.unique(months, return_counts=True)
        self.months.update(dict(zip(values.tolist(), counts.tolist(), strict=True)))
        weekday = (known // DAY + FIRST_DAY) % len(DAYS)
        hour = known // HOUR % 24
        self.hours += np.bincount(weekday * 24 + hour, minlength=self.hours.size).reshape(-1, 24)

    def span(self) -> dict[str, str | None]:
        """`from` and `to`: the oldest and the newest known time, ISO 8601 in UTC."""
        return {"from": _iso(self.first), "to": _iso(self.last)}

    def figures(self) -> dict[str, Any] | None:
        """Span, `without_time`, `by_month`, `by_weekday`, `by_hour`; None if all are unknown.

        Returns:
            `without_time`: events. `by_month`: `month` and `events` for those that have any.
            `by_weekday`: `events` for each of `DAYS`. `by_hour`: by weekday, events of each of the
            24 hours. All in UTC.
        """
        if not self.known:
            return None
        months = np.array(sorted(self.months), "datetime64[M]")
        return {
            **self.span(),
            "without_time": self.unknown,
            "by_month": [
                {"month": str(month), "events": self.months[int(month.astype(np.int64))]}
                for month in months
            ],
            "by_weekday": dict(zip(DAYS, self.hours.sum(axis=1).tolist(), strict=True)),
            "by_hour": dict(zip(DAYS, self.hours.tolist(), strict=True)),
        }


class TieCounts:
    """Adds up events of a user in the same second, where only the source's order tells first."""

    def __init__(self) -> None:
        self.known = self.tied = self.longest = 0
        self.users = self.tied_at_end = 0

    def add(self, length: np.ndarray, timestamps: np.ndarray) -> None:
        """Counts some users.

        Args:
            length: int64 `[users]`, events of each.
            timestamps: int64 `[events]`, oldest first within a user.
        """
        user = np.repeat(np.arange(len(length)), length)
        with_next = np.zeros(len(user), bool)
        with_next[:-1] = (
            (user[1:] == user[:-1])
            & (timestamps[1:] == timestamps[:-1])
            & (timestamps[1:] != UNKNOWN)
        )
        with_previous = np.concatenate([[False], with_next[:-1]])
        run_ends = np.flatnonzero(~with_next)
        runs = np.diff(run_ends, prepend=-1)
        last = np.cumsum(length)[length > 0] - 1
        self.known += int((timestamps != UNKNOWN).sum())
        self.tied += int((with_next | with_previous).sum())
        self.longest = max(self.longest, int(runs.max(initial=0)))
        self.users += int((length > 1).sum())
        self.tied_at_end += int(with_previous[last].sum())

    def figures(self) -> dict[str, Any] | None:
        """Ties in numbers; None if no time is known.

        Returns:
            `tied_events` and `tied_event_share`: events that share their second with another one of
            the same user, of the events with a known time. `users_tied_at_end` and
            `user_tied_at_end_share`: users whose two newest events share a second, of those with
            two or more. `longest_tie`: most events of a user in one second.
        """
        if not self.known:
            return None
        return {
            "tied_events": self.tied,
            "tied_event_share": share(self.tied, self.known),
            "users_tied_at_end": self.tied_at_end,
            "user_tied_at_end_share": share(self.tied_at_end, self.users),
            "longest_tie": self.longest,
        }


def _iso(seconds: int | None) -> str | None:
    return None if seconds is None else f"{np.datetime64(seconds, 's')}Z"
