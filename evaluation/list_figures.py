"""What the first items of lists are like, beyond whether they hit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from evaluation.histories import RawHistories
from evaluation.metrics import lists as list_metrics
from evaluation.metrics.accuracy import Targets
from evaluation.metrics.list_auc import list_auc
from evaluation.metrics.serendipity import serendipity
from evaluation.metrics.taste import miscalibration, value_coverage
from evaluation.requests import Requests

LIST_K = 10
"""Items of a list that coverage and the other figures of lists look at: about what is shown."""


@dataclass(frozen=True, eq=False)
class Items:
    """What is known of the catalogue without any model.

    Attributes:
        users: int64 `[items]`, people with an event of each item in what was fitted.
        people: object (str), the ids of all people who were fitted.
        features: Float64 `[items, values]`, rows of length 1 or 0, equal values where an item has
            several; None if there are none.
    """

    users: np.ndarray
    people: np.ndarray
    features: sparse.csr_array | None

    @classmethod
    def known(cls, fitted: RawHistories, features: sparse.csr_array | None) -> Items:
        """Counts what was fitted; a user has an item once at most, as `prepare` sees to."""
        users = np.bincount(fitted.history_item, minlength=fitted.items)
        return cls(users, fitted.user_ids, features)

    @property
    def shares(self) -> sparse.csr_array | None:
        """The share of each value in each item: `features` of length 1, squared, add up to 1."""
        return None if self.features is None else self.features.power(2)


def list_figures(lists: np.ndarray, items: Items) -> dict[str, float]:
    """What the first 10 of each list are like; coverage alone where every list is empty."""
    shown, size = lists[:, :LIST_K], len(items.users)
    figures = {"coverage": list_metrics.coverage(shown, size)}
    if figures["coverage"]:
        figures |= {
            "gini": list_metrics.gini(shown, size),
            "novelty": list_metrics.novelty(shown, items.users, len(items.people)),
            "average_popularity": list_metrics.average_popularity(shown, items.users),
        }
    if items.features is not None and (shown[:, 1:] >= 0).any():
        figures["diversity"] = list_metrics.intra_list_diversity(shown, items.features)
    return {f"{name}@{LIST_K}": value for name, value in figures.items()}


def request_figures(
    lists: np.ndarray, targets: Targets, requests: Requests, items: Items
) -> dict[str, float]:
    """What lists are like to those who asked for them.

    Args:
        lists: int32 `[lists, 200]`.
        targets: Where the targets are in them.
        requests: What was asked.
        items: The catalogue.

    Returns:
        `auc@200` and `serendipity@10`; `miscalibration@10` and `feature_coverage@10` where items
        have features. What cannot be told of any list is absent.
    """
    first = requests.first_of_list
    shown = lists[:, :LIST_K]
    seen = requests.indptr[first + 1] - requests.indptr[first]
    values = {
        f"auc@{lists.shape[1]}": list_auc(targets, (lists >= 0).sum(axis=1), requests.items - seen),
        f"serendipity@{LIST_K}": serendipity(targets, requests.target_item, items.users, LIST_K),
    }
    shares = items.shares
    if shares is not None:
        history = requests.history_matrix(first, np.ones(int(seen.sum())))
        values |= {
            f"miscalibration@{LIST_K}": miscalibration(shown, history, shares),
            f"feature_coverage@{LIST_K}": value_coverage(shown, shares),
        }
    return {
        name: float(np.nanmean(value))
        for name, value in values.items()
        if not np.isnan(value).all()
    }
