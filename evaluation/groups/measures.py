"""What a group's list is worth to its members, each by their own held-out items."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from evaluation.groups.candidates import GroupCandidates
from evaluation.groups.people import People
from evaluation.metrics.accuracy import Targets, graded_ndcg, ndcg, ranks_in_lists
from evaluation.resampling import bootstrap_intervals, by_user

LIST_K = 10
"""Items of a group's list that are looked at."""
OVER_MEMBERS: dict[str, Callable[..., Any]] = {"mean": np.mean, "min": np.min}
NAMES = tuple(
    f"{figure}@{LIST_K}_{name}" for figure in ("ndcg", "graded_ndcg") for name in OVER_MEMBERS
)


@dataclass(frozen=True)
class Measured:
    """A figure with its percentile interval, 95 % by bootstrap over groups.

    Attributes:
        value: Mean over the groups.
        low: Lower end.
        high: Upper end.
    """

    value: float
    low: float
    high: float


def group_values(
    lists: np.ndarray, people: People, groups: np.ndarray, threshold: float
) -> np.ndarray:
    """Figures of each group's list: float64 `[groups, NAMES]`.

    A member's targets are their held-out items that no member of the group has seen: what one of
    them knows is not recommended. `ndcg` counts those rated `threshold` or more, all alike;
    `graded_ndcg` all that are rated, each by 2^rating - 1 (Burges et al. 2005). A group's figure is
    the mean or the least over its members (as Kaya, Bridge & Tintarev, RecSys 2020).

    Args:
        lists: int `[groups, k]` of item indices, best first, -1 behind the end.
        people: Who there is.
        groups: int64 `[groups, members]` of people.
        threshold: Rating from which on an item is liked.

    Raises:
        ValueError: A member has no target that is liked.
    """
    recommendable = people.recommendable(groups)[:, None]
    rating = np.where(recommendable, people.held_out[groups], np.nan)
    binary, _ = _targets(lists, rating, rating >= threshold)
    graded, kept = _targets(lists, rating, np.isfinite(rating))
    of_members = [
        ndcg(binary, LIST_K),
        graded_ndcg(graded, np.exp2(kept.astype(np.float64)) - 1.0, LIST_K),
    ]
    return np.stack(
        [
            over(values.reshape(groups.shape), axis=1)
            for values in of_members
            for over in OVER_MEMBERS.values()
        ],
        axis=1,
    )


def targets_found(
    candidates: GroupCandidates, people: People, groups: np.ndarray, threshold: float
) -> tuple[int, int]:
    """How many of the members' liked targets are candidates of their group, and how many there are.

    Args:
        candidates: Of the groups.
        people: Who there is.
        groups: int64 `[groups, members]` of people.
        threshold: Rating from which on an item is liked.
    """
    liked = (people.held_out[groups] >= threshold) & people.recommendable(groups)[:, None]
    is_candidate = np.zeros((len(groups), liked.shape[2] + 1), bool)  # the last is for -1
    items = np.where(candidates.valid, candidates.item_index, -1)
    np.put_along_axis(is_candidate, items, True, axis=1)
    return int((liked & is_candidate[:, None, :-1]).sum()), int(liked.sum())


def measure(values: np.ndarray, resamples: int, seed: int) -> dict[str, Measured]:
    """Means over groups with intervals; nobody is in two groups, so groups are drawn.

    Args:
        values: float64 `[groups, NAMES]`, or differences of such.
        resamples: How often all groups are drawn.
        seed: Of the draws: values of the same groups are drawn alike.
    """
    of_groups = by_user(values, np.arange(len(values)))
    low, high = bootstrap_intervals(of_groups, resamples, seed)
    ends = zip(NAMES, of_groups.mean.tolist(), low.tolist(), high.tolist(), strict=True)
    return {name: Measured(*three) for name, *three in ends}


def _targets(
    lists: np.ndarray, rating: np.ndarray, wanted: np.ndarray
) -> tuple[Targets, np.ndarray]:
    """Where each member's targets are in their group's list, and their ratings.

    `rating` and `wanted` are `[groups, members, items]`.
    """
    group, member, item = np.nonzero(wanted)
    of_member = group * wanted.shape[1] + member
    lonely = np.bincount(of_member, minlength=wanted.shape[0] * wanted.shape[1]) == 0
    if lonely.any():
        got = f"none for {np.count_nonzero(lonely)} of {lonely.size} members"
        raise ValueError(f"targets: expected at least one for each member of a group, got {got}")
    return Targets(of_member, ranks_in_lists(lists, group, item)), rating[group, member, item]
