"""Kinds of pairs: how much the two have rated, and how alike they rate."""

from __future__ import annotations

import numpy as np

from evaluation.groups.people import taste_similarity
from evaluation.ratings import Pairs
from evaluation.requests import Requests

STRATA = ("all", "both_active", "both_sparse", "similar", "dissimilar")


def stratify(requests: Requests, pairs: Pairs) -> dict[str, np.ndarray]:
    """Which pairs are of each of `STRATA`: bool `[pairs]`.

    Active people have more events in their history than the median of those who are asked, sparse
    ones no more than it. The third of the pairs with the largest `taste_similarity` is similar, the
    third with the smallest dissimilar.

    Args:
        requests: Of a split that asks for all of a user's events from one history.
        pairs: Of its rows.
    """
    person = requests.of_list
    row = requests.first_of_list
    left, right = person[pairs.left], person[pairs.right]
    length = np.diff(requests.indptr)[row]
    active = length > np.median(length)
    similarity = taste_similarity(requests, row)[left, right]
    place = np.empty(len(left), np.int64)
    place[np.argsort(similarity, kind="stable")] = np.arange(len(left))
    third = len(left) // 3
    return {
        "all": np.ones(len(left), bool),
        "both_active": active[left] & active[right],
        "both_sparse": ~active[left] & ~active[right],
        "similar": place >= len(left) - third,
        "dissimilar": place < third,
    }
