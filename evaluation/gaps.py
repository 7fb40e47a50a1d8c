"""How differently well a model serves groups of people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from evaluation.resampling import bootstrap_means, by_user, percentile_interval
from schemas.config import EvaluateConfig

FEWEST_USERS = 20
"""A group with fewer says too little to be held against another."""


def gaps(
    values: Mapping[str, np.ndarray],
    groups: Mapping[str, np.ndarray],
    users: np.ndarray,
    config: EvaluateConfig,
) -> dict[str, dict[str, Any]]:
    """The difference between the group that a model serves best and the one it serves worst.

    (A gap of utilities between groups of users, as in Ekstrand et al., "All the cool kids, how do
    they fit in?", FAT* 2018.) The two were chosen for their distance, so that an interval above 0
    is weak evidence where there are many groups.

    Args:
        values: For each figure float64 `[lists]`, of one model.
        groups: Name to bool `[lists]`; no user is in two.
        users: object (str) `[lists]`; a user's lists are neighbours.
        config: `resamples` and `seed`.

    Returns:
        For each figure `gap`, `interval` (`[low, high]`, 95 % by bootstrap of each group's users),
        `best` and `worst`, the names of the two; nothing unless two groups have 20 users each.
    """
    large = {name: h for name, h in groups.items() if len(np.unique(users[h])) >= FEWEST_USERS}
    if len(large) < 2:
        return {}
    columns = np.stack(list(values.values()), axis=1)
    names = list(large)
    of_groups = [by_user(columns[held], users[held]) for held in large.values()]
    means = np.stack([group.mean for group in of_groups])
    drawn = [
        bootstrap_means(group, config.resamples, config.seed + number)
        for number, group in enumerate(of_groups)
    ]
    found = {}
    for at, figure in enumerate(values):
        best, worst = int(means[:, at].argmax()), int(means[:, at].argmin())
        interval = percentile_interval(drawn[best][:, at] - drawn[worst][:, at])
        found[figure] = {
            "gap": float(means[best, at] - means[worst, at]),
            "interval": interval.tolist(),
            "best": names[best],
            "worst": names[worst],
        }
    return found
