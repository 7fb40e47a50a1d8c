"""Accuracy by who the user is, how active they are, and how popular the target is.

A segment of targets takes the others for items that nobody asked for; a list without a target of
the segment is left out of it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from evaluation.metrics.accuracy import Targets

ACTIVITY_GROUPS = 4
POPULARITY_GROUPS = ("head", "middle", "tail")
"""Items from the most popular on, each group with a third of the fitted events."""
COLD = "cold"
"""Items, and users, without a fitted event."""
KNOWN = "known"
"""Users with fitted events."""
FEATURE = "user_feature_"
"""Name of a division by a user feature begins so; no other one's does."""
MOST_VALUES = 10
"""A categorical feature with more values makes no division: its groups would be too small to tell
anything, and too many to look at."""
FEATURE_GROUPS = 4


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
    return {name: held[of_list] for name, held in _parts(history_len, ACTIVITY_GROUPS).items()}


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


def by_user_features(
    features: Mapping[str, np.ndarray], of_list: np.ndarray
) -> dict[str, dict[str, np.ndarray]]:
    """Divisions by what is known of the users, such as gender and age.

    Args:
        features: Raw values, each `[lists]`: object (str), "" where missing, or float32, NaN where
            missing; others, which are moments, make no division.
        of_list: As above.

    Returns:
        For each categorical feature with 2 to 10 values, and each numeric one with 2 or more, the
        name of the division to its segments: a value, or a quarter of the lists such as `24-31`.
        Lists of which it is not known are in none.
    """
    found = {}
    for name, values in features.items():
        if values.dtype == object:
            groups = {str(value): values == value for value in np.unique(values) if value != ""}
            groups = groups if len(groups) <= MOST_VALUES else {}
        elif np.issubdtype(values.dtype, np.floating):
            groups = _parts(values, FEATURE_GROUPS)
        else:
            continue
        if len(groups) > 1:
            found[f"{FEATURE}{name}"] = {group: held[of_list] for group, held in groups.items()}
    return found


def by_known(
    user_ids: np.ndarray, fitted: np.ndarray, of_list: np.ndarray
) -> dict[str, np.ndarray]:
    """Lists of users who were fitted, `known`, and of those who were not, `cold`.

    Args:
        user_ids: object (str) `[lists]`.
        fitted: object (str), the ids of all users with a fitted event.
        of_list: As above.

    Returns:
        bool `[targets]` each; those with no list are left out.
    """
    known = np.isin(user_ids.astype(str), fitted.astype(str))
    named = {KNOWN: known[of_list], COLD: ~known[of_list]}
    return {name: held for name, held in named.items() if held.any()}


def _parts(values: np.ndarray, parts: int) -> dict[str, np.ndarray]:
    """Parts of equal size, named by least and greatest: bool `[values]`; equal values never part.

    Args:
        values: int or float, NaN where unknown.
        parts: At most so many.
    """
    shares = np.arange(1, parts) / parts
    known = ~np.isnan(values)
    if not known.any():
        return {}
    edges = np.unique(np.quantile(values[known], shares, method="inverted_cdf"))
    part = np.where(known, np.searchsorted(edges, values), -1)  # an edge is the last of its part
    named = {}
    for number in np.unique(part[known]):
        held = values[part == number]
        named[f"{held.min():.10g}-{held.max():.10g}"] = part == number
    return named


def only(targets: Targets, held: np.ndarray) -> Targets:
    """The targets where `held` (bool `[targets]`) is True, in the lists that have any."""
    _, of_list = np.unique(targets.of_list[held], return_inverse=True)
    return Targets(of_list, targets.rank[held])
