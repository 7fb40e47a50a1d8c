"""Lists made item by item, where what is chosen changes what the others are worth."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def pick_greedily(
    of_members: np.ndarray,
    valid: np.ndarray,
    k: int,
    gain: Callable[[], np.ndarray],
    chosen: Callable[[np.ndarray], None],
) -> np.ndarray:
    """Takes the candidate with the greatest gain, again and again, for all groups at once.

    Args:
        of_members: float64 `[groups, members, candidates]`, what a candidate means to each member.
        valid: bool `[groups, candidates]`.
        k: Length of the lists.
        gain: What each candidate would add now: float64 `[groups, candidates]`, no NaN.
        chosen: Told what the chosen items mean to the members, float64 `[groups, members]`, 0 where
            no candidate is left.

    Returns:
        int64 `[groups, k]` of places, the first of equal gains, -1 where no candidate is left.
    """
    left = valid.copy()
    group = np.arange(len(valid))
    lists = np.full((len(valid), k), -1, np.int64)
    for at in range(min(k, valid.shape[1])):
        place = np.argmax(np.where(left, gain(), -np.inf), axis=1)
        is_left = left[group, place]
        lists[:, at] = np.where(is_left, place, -1)
        left[group, place] = False
        chosen(np.where(is_left[:, None], of_members[group, :, place], 0.0))
    return lists
