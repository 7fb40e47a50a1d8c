"""Hits that popularity alone would not have made."""

from __future__ import annotations

import numpy as np

from evaluation.metrics.accuracy import Targets


def serendipity(targets: Targets, item: np.ndarray, item_users: np.ndarray, k: int) -> np.ndarray:
    """Serendipity@k = sum_{rank(t) <= k} max(p(rank(t)) - p(place(t)), 0) / k.

    p(r) = (n + 1 - r) / n, n is the number of items and place(t) that of the target by popularity:
    items as popular share a place, and p of an item that nobody has is 0. So a hit counts by how
    much higher the list has it than a list by popularity would (Murakami, Mori & Orihara, "Metrics
    for evaluating the serendipity of recommendation lists", New frontiers in artificial
    intelligence 2008; with the probabilities and the places of RecTools).

    Args:
        targets: See `Targets`.
        item: int `[targets]`, the item of each target.
        item_users: int64 `[items]`, people with an event of the item in what was fitted.
        k: Cut-off.

    Returns:
        float64 `[lists]`.
    """
    items = len(item_users)
    _, place = np.unique(-item_users, return_inverse=True)
    by_everybody = np.where(item_users > 0, (items - place) / items, 0.0)
    hit = targets.rank <= k
    by_list = (items + 1 - np.where(hit, targets.rank, 0)) / items
    gain = np.maximum(by_list - by_everybody[item], 0.0)
    return targets.total(np.where(hit, gain, 0.0)) / k
