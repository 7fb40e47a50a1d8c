"""People who can be put into groups: what they saw, what they were to see, how alike they rate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluation.requests import Requests

COMMON_ITEMS = 50
"""Common items from which on a correlation is trusted in full (Herlocker et al. 1999)."""


@dataclass(frozen=True, eq=False)
class People:
    """Everybody who has held-out events; the numbers of people below are rows of these arrays.

    Attributes:
        row: int64 `[people]`, a request of each, whose history is what is known of them.
        seen: bool `[people, items]`, what their history holds.
        held_out: float32 `[people, items]`, the rating of what is held out, NaN elsewhere and where
            none was given.
        similarity: float64 `[people, people]`, of their fitted ratings, -1 to 1.
    """

    row: np.ndarray
    seen: np.ndarray
    held_out: np.ndarray
    similarity: np.ndarray

    def __len__(self) -> int:
        return len(self.row)

    def recommendable(self, groups: np.ndarray) -> np.ndarray:
        """True where no member has seen the item: bool `[groups, items]`.

        Args:
            groups: int64 `[groups, members]` of people.
        """
        return ~self.seen[groups].any(axis=1)


def read_people(requests: Requests) -> People:
    """Collects everybody's history and held-out events.

    Args:
        requests: Of a split that asks for all of a user's events from one history, which are
            `temporal_user` and `user_based`.

    Raises:
        ValueError: There is no request, a user has several lists, or no target has a rating.
    """
    row = requests.first_of_list
    users = requests.user_ids[row]
    if not len(row):
        raise ValueError("requests: expected at least one, got none")
    if len(np.unique(users)) != len(users):
        raise ValueError(
            "prepare.split: expected one history for all requests of a user, as temporal_user and "
            f"user_based have it, got {len(users)} histories of {len(np.unique(users))} users"
        )
    if not np.isfinite(requests.target_rating).any():
        raise ValueError("target_rating: expected at least one rating, got none")
    held_out = np.full((len(row), requests.items), np.nan, np.float32)
    held_out[requests.of_list, requests.target_item] = requests.target_rating
    return People(row, requests.seen(row), held_out, taste_similarity(requests, row))


def taste_similarity(requests: Requests, rows: np.ndarray) -> np.ndarray:
    """How alike people rate what they both have rated: float64 `[rows, rows]`, -1 to 1.

    sum_i (r_ui - mean_u)(r_vi - mean_v) / sqrt(sum_i (r_ui - mean_u)^2 sum_i (r_vi - mean_v)^2)
    over the items i that u and v both rated, times min(n, 50) / 50 where n is their number, so that
    two people who agree on three films do not pass for twins. The means are over all ratings of
    each (correlation: Resnick et al., "GroupLens", CSCW 1994; weight: Herlocker, Konstan, Borchers
    & Riedl, "An algorithmic framework for performing collaborative filtering", SIGIR 1999). Where
    nothing is common, or one of them rates everything alike, it is 0.

    Args:
        requests: The split; events without a rating are left out.
        rows: int64 `[rows]`, requests of different users.
    """
    events = requests.events(rows)
    rated = np.isfinite(events.rating)
    row, item = events.row[rated], events.item[rated]
    rating = events.rating[rated].astype(np.float64)
    count = np.bincount(row, minlength=len(rows))
    mean = np.bincount(row, rating, minlength=len(rows)) / np.maximum(count, 1)
    deviation = np.zeros((len(rows), requests.items))
    has = np.zeros_like(deviation)
    deviation[row, item] = rating - mean[row]
    has[row, item] = 1.0
    length = np.square(deviation) @ has.T  # of u's ratings on what v has rated too
    divisor = np.sqrt(length * length.T)
    correlation = np.divide(
        deviation @ deviation.T, divisor, out=np.zeros_like(divisor), where=divisor > 0
    )
    return np.clip(correlation, -1, 1) * np.minimum(has @ has.T, COMMON_ITEMS) / COMMON_ITEMS
