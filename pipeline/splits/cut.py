"""The interface of a split, and the rows that follow from it."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np
import pyarrow as pa

from pipeline.gather import gather, spans, within

TAKEN = ("first", "newest")
"""Which of a user's held-out events become requests where there are more than allowed."""


class Cut(NamedTuple):
    """Rows of one split, as positions in a batch of profiles.

    Attributes:
        user: int64 `[rows]`, row of the profile.
        history: int64 `[rows]`, how many of the user's oldest events the history holds.
        target: int64 `[rows]`, position of the target among the user's events, oldest is 0; None
            for what is fitted.
    """

    user: np.ndarray
    history: np.ndarray
    target: np.ndarray | None


class Split(Protocol):
    """A way to divide events. It looks at one user at a time, so that shards do not matter."""

    def cut(self, profiles: pa.RecordBatch, name: str) -> Cut:
        """The rows of one split.

        Args:
            profiles: One row per user with all events, `history_*` lists oldest first.
            name: One of `schemas.columns.SPLITS`. `train`: what may be fitted while `validation`
                is held out; `fit`: what may be fitted before `test`; one row per user with an
                event there. `validation` and `test`: one row per request.
        """

    def describe(self) -> dict[str, Any]:
        """What the manifest says of it; `kind` names it."""

    @property
    def train_ends(self) -> int | None:
        """Unix seconds from which on nothing is in `train`; None if each user has their own end."""


def split(profiles: pa.RecordBatch, name: str, how: Split) -> pa.RecordBatch:
    """One split of a batch of profiles.

    Args:
        profiles: As `Split.cut`.
        name: As `Split.cut`.
        how: The split.

    Returns:
        The columns of `profiles` with shortened histories and, for requests, `target_*`; users
        stay in their order, and a user's requests are oldest first.
    """
    user, history, target = how.cut(profiles, name)
    first = spans(profiles).first[user]
    events = np.repeat(first, history) + within(history)
    return gather(profiles, user, history, events, None if target is None else first + target)


def fitted(lengths: np.ndarray) -> Cut:
    """One row for each user who has events to fit.

    Args:
        lengths: int64 `[users]`, how many of the oldest events are fitted.
    """
    user = np.flatnonzero(lengths > 0)
    return Cut(user, lengths[user], None)


def requests(low: np.ndarray, high: np.ndarray, most: int, taken: str) -> tuple[np.ndarray, ...]:
    """Targets out of a range of each user's events.

    Args:
        low: int64 `[users]`, position of the oldest event that may be a target.
        high: int64 `[users]`, position after the newest; `high <= low`: none.
        most: Most targets of one user.
        taken: One of `TAKEN`.

    Returns:
        `(user, target)`, each int64 `[requests]`, oldest first.
    """
    count = np.clip(high - low, 0, most)
    start = low if taken == "first" else high - count
    return np.repeat(np.arange(len(count)), count), np.repeat(start, count) + within(count)
