"""What lists are like, whether or not the held-out items are in them.

`lists` is int `[lists, k]` of item indices, best first, -1 behind the end of a shorter one; L is
the set of a list's items. Where a figure is a mean over lists, lists without items are left out.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from evaluation.metrics.members import members_of


def coverage(lists: np.ndarray, items: int) -> float:
    """Share of the catalogue that is in at least one list: |union of all L| / items.

    Ge, Delgado-Battenfeld & Jannach, "Beyond accuracy", RecSys 2010: catalogue coverage.
    """
    return float(np.count_nonzero(_times_listed(lists, items)) / items)


def gini(lists: np.ndarray, items: int) -> float:
    """How unevenly items are listed: 0 if all are as often, towards 1 if always the same.

    2 sum_i(i * x_i) / (n sum_i x_i) - (n + 1) / n, where x_1 <= ... <= x_n are the times that each
    of the catalogue's n items is listed (Adomavicius & Kwon, "Improving aggregate recommendation
    diversity using ranking-based techniques", TKDE 2012; theirs is 1 minus this).
    """
    ascending = np.sort(_times_listed(lists, items))
    weighted = np.arange(1, items + 1, dtype=np.float64) @ ascending
    return float(2 * weighted / (items * ascending.sum()) - (items + 1) / items)


def novelty(lists: np.ndarray, item_users: np.ndarray, users: int) -> float:
    """MIUF, mean inverse user frequency, in bits: the mean over L of log2(users / item_users(i)).

    Castells, Hurley & Vargas, "Novelty and diversity in recommender systems", in "Recommender
    systems handbook", 2015. An item that nobody has is taken for one that one person has, as in
    RecTools.

    Args:
        lists: See above.
        item_users: int64 `[items]`, people with an event of the item in what was fitted.
        users: People in what was fitted.
    """
    return _mean(lists, np.log2(users / np.maximum(item_users, 1)))


def average_popularity(lists: np.ndarray, item_users: np.ndarray) -> float:
    """Mean over L of the people who have the item in what was fitted.

    Yin et al., "Challenging the long tail recommendation", VLDB 2012.
    """
    return _mean(lists, item_users.astype(np.float64))


def intra_list_diversity(lists: np.ndarray, features: sparse.csr_array) -> float:
    """Mean over pairs of L of 1 - cosine of the items' features, of lists with two items or more.

    Smyth & McClave, "Similarity vs. diversity", ICCBR 2001. For n unit vectors v the mean cosine of
    the pairs is (|sum v|^2 - sum |v|^2) / (n (n - 1)), so that no pair is ever formed.

    Args:
        lists: See above.
        features: Sparse float64 `[items, values]`, rows of length 1, or 0 for an item of which
            nothing is known: it is unlike every other.
    """
    members = members_of(lists, features.shape[0])
    of_sum = (members @ features).power(2).sum(axis=1)
    of_each = members @ features.power(2).sum(axis=1)
    size = (lists >= 0).sum(axis=1)
    several = size > 1
    pairs = (size * (size - 1))[several]
    return float(np.mean(1.0 - (of_sum - of_each)[several] / pairs))


def _times_listed(lists: np.ndarray, items: int) -> np.ndarray:
    return np.bincount(lists[lists >= 0], minlength=items)


def _mean(lists: np.ndarray, of_item: np.ndarray) -> float:
    """Mean over lists of the mean over a list's items."""
    listed = lists >= 0
    total = np.where(listed, of_item[np.where(listed, lists, 0)], 0.0).sum(axis=1)
    size = listed.sum(axis=1)
    return float(np.mean(total[size > 0] / size[size > 0]))
