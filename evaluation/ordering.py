"""The one order of a list: by falling score, equal scores by rising item index.

The item index is the catalogue's order, fixed before anything is scored, so a target gains nothing
from a tie: it comes before the tied items with a larger index and after those with a smaller one,
just as it would in the list that a person is shown.
"""

from __future__ import annotations

import numpy as np


def top(scores: np.ndarray, k: int) -> np.ndarray:
    """The first k items of each row.

    Args:
        scores: float `[rows, items]`; -inf leaves an item out.
        k: Length of the lists; may exceed the number of items.

    Returns:
        int64 `[rows, k]`, best first, -1 where fewer than k items are left.

    Raises:
        ValueError: A score is NaN, which compares as neither above nor below any other.
    """
    _check_scores(scores)
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    listed = np.where(np.isneginf(np.take_along_axis(scores, order, axis=1)), -1, order)
    return np.pad(listed, ((0, 0), (0, k - listed.shape[1])), constant_values=-1)


def order_candidates(item_index: np.ndarray, score: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Orders each row's candidates.

    Args:
        item_index: int `[rows, k]`.
        score: float `[rows, k]`.
        valid: bool `[rows, k]`; the rest is padding, whose item and score mean nothing.

    Returns:
        int64 `[rows, k]` of item indices, best first, -1 behind the last valid one.

    Raises:
        ValueError: The score of a valid candidate is NaN.
    """
    _check_scores(score[valid])
    order = np.lexsort((item_index, -np.where(valid, score, 0.0), ~valid), axis=1)
    listed = np.where(valid, item_index, -1).astype(np.int64)
    return np.take_along_axis(listed, order, axis=1)


def _check_scores(scores: np.ndarray) -> None:
    bad = np.count_nonzero(np.isnan(scores))
    if bad:
        raise ValueError(f"scores: expected numbers, got NaN in {bad} of {scores.size}")
