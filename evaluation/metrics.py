"""Metrics of rankings with one held-out target each, and of predicted ratings."""

from __future__ import annotations

import numpy as np

MISSED = np.iinfo(np.int64).max
"""Rank of a target that is not in the list at all; beyond every cut-off."""


def hit_rate(ranks: np.ndarray, k: int) -> float:
    """HR@k: share of requests whose target is among the first k.

    HR@k = mean_r [rank_r <= k]; with a single target it equals recall@k
    (Deshpande & Karypis, "Item-based top-N recommendation algorithms", TOIS 2004).

    Args:
        ranks: int64 `[requests]`, 1-based rank of each target, `MISSED` if it is not listed.
        k: Cut-off.
    """
    return float(np.mean(ranks <= k))


def ndcg(ranks: np.ndarray, k: int) -> float:
    """NDCG@k with one relevant item, whose ideal DCG is 1.

    NDCG@k = mean_r [rank_r <= k] / log2(rank_r + 1)
    (Järvelin & Kekäläinen, "Cumulated gain-based evaluation of IR techniques", TOIS 2002).

    Args:
        ranks: int64 `[requests]`, 1-based rank of each target, `MISSED` if it is not listed.
        k: Cut-off.
    """
    gain = 1.0 / np.log2(ranks.astype(np.float64) + 1.0)
    return float(np.mean(np.where(ranks <= k, gain, 0.0)))


def coverage(lists: np.ndarray, items: int) -> float:
    """Share of the catalogue that is in at least one list.

    coverage@k = |union_r list_r[:k]| / items
    (Ge, Delgado-Battenfeld & Jannach, "Beyond accuracy", RecSys 2010: catalogue coverage).

    Args:
        lists: int `[requests, k]` of item indices, -1 where a list is shorter than k.
        items: Size of the catalogue.
    """
    listed = np.unique(lists)
    return float(np.count_nonzero(listed >= 0) / items)


def rmse(predicted: np.ndarray, actual: np.ndarray) -> float:
    """Root mean square error: sqrt(mean((predicted - actual)^2)), in units of the rating scale."""
    error = predicted.astype(np.float64) - actual
    return float(np.sqrt(np.mean(np.square(error))))


def mae(predicted: np.ndarray, actual: np.ndarray) -> float:
    """Mean absolute error: mean(|predicted - actual|), in units of the rating scale."""
    return float(np.mean(np.abs(predicted.astype(np.float64) - actual)))
