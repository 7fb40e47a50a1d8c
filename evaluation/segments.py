"""Accuracy by how active the user is and by how popular the target is.

A segment of targets takes the others for items that nobody asked for; a list without a target of
the segment is left out of it.
"""

from __future__ import annotations

import numpy as np

from evaluation.metrics.accuracy import Targets

ACTIVITY_GROUPS = 4
POPULARITY_GROUPS = ("head", "middle", "tail")
"""Items from the most popular on, each group with a third of the fitted events."""
COLD = "cold"
"""Items without a fitted event."""


def by_activity(history_len: np.ndarray, of_list: np.ndarray) -> dict[str, np.ndarray]:
    """Quarters of the lists, from short histories to long ones.

    Lists with equal histories are never divided, so quarters may differ in size, and of few
    different lengths there may be less than four.

    Args:
        history_len: int64 `[lists]`, events before each.
        of_list: int64 `[targets]`, the list of each target.

    Returns:
        Name, such as `19-37` for histories of 19 to 37 events, to bool `[targets]`.
    """
    shares = np.arange(1, ACTIVITY_GROUPS) / ACTIVITY_GROUPS
    edges = np.unique(np.quantile(history_len, shares, method="inverted_cdf"))
    group = np.searchsorted(edges, history_len)  # an edge is the last of its group
    named = {}
    for number in np.unique(group):
        lengths = history_len[group == number]
        named[f"{lengths.min()}-{lengths.max()}"] = (group == number)[of_list]
    return named


def by_popularity(item_users: np.ndarray, target: np.ndarray) -> dict[str, np.ndarray]:
    """Thirds of the fitted events by item, and the items that have none.

    Args:
        item_users: int64 `[items]`, fitted events of each item.
        target: int `[targets]`, item index.

    Returns:
        `head`, `middle`, `tail` and `cold` to bool `[targets]`; those with no target are left out.
    """
    order = np.argsort(-item_users, kind="stable")
    before = np.empty(len(item_users), np.int64)
    before[order] = np.cumsum(item_users[order]) - item_users[order]
    third = len(POPULARITY_GROUPS) * before // max(1, item_users.sum())
    named = {
        name: (third[target] == number) & (item_users[target] > 0)
        for number, name in enumerate(POPULARITY_GROUPS)
    } | {COLD: item_users[target] == 0}
    return {name: held for name, held in named.items() if held.any()}


def only(targets: Targets, held: np.ndarray) -> Targets:
    """The targets where `held` (bool `[targets]`) is True, in the lists that have any."""
    _, of_list = np.unique(targets.of_list[held], return_inverse=True)
    return Targets(of_list, targets.rank[held])
