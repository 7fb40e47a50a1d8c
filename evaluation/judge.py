"""Lists of several models, made for the same requests, to figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from evaluation.histories import RawHistories
from evaluation.metrics import lists as list_metrics
from evaluation.metrics.accuracy import (
    DEFINITIONS,
    NAMES,
    Targets,
    accuracy,
    ranks_in_lists,
)
from evaluation.requests import Requests
from evaluation.resampling import bootstrap_intervals, by_user
from evaluation.segments import by_activity, by_popularity, only
from schemas.config import EvaluateConfig

LIST_K = 10
"""Items of a list that coverage and the other figures of lists look at: about what is shown."""
SEGMENT_FIGURES = {"hr": 10, "ndcg": 10, "recall": 200}

Lists = Mapping[str, np.ndarray]
"""Name of each model to int32 `[lists, 200]`, as `rank_catalogue` gives it."""


@dataclass(frozen=True, eq=False)
class Items:
    """What is known of the catalogue without any model.

    Attributes:
        users: int64 `[items]`, people with an event of each item in what was fitted.
        of: How many people were fitted.
        features: Float64 `[items, values]`, rows of length 1 or 0; None if there are none.
    """

    users: np.ndarray
    of: int
    features: sparse.csr_array | None

    @classmethod
    def known(cls, fitted: RawHistories, features: sparse.csr_array | None) -> Items:
        """Counts what was fitted; a user has an item once at most, as `prepare` sees to."""
        users = np.bincount(fitted.history_item, minlength=fitted.items)
        return cls(users, len(fitted), features)


def judge(
    lists: Lists, requests: Requests, items: Items, config: EvaluateConfig
) -> dict[str, dict[str, Any]]:
    """Measures every model.

    Args:
        lists: Of the requests.
        requests: The split.
        items: The catalogue.
        config: `resamples` and `seed`.

    Returns:
        For each model its accuracy at 10, 50 and 200, and coverage, gini, novelty,
        average_popularity and, where items have features, diversity at 10. `intervals`: by model
        and accuracy figure, `[low, high]`. `segments`: by division, segment and model.
    """
    ranks = rank_targets(lists, requests)
    values = {name: accuracy(targets) for name, targets in ranks.items()}
    figures: dict[str, dict[str, Any]] = {
        name: dict(zip(NAMES, value.mean(axis=0).tolist(), strict=True))
        | list_figures(lists[name], items)
        for name, value in values.items()
    }
    return figures | {
        "intervals": _intervals(values, requests, config),
        "segments": _segments(ranks, requests, items),
    }


def rank_targets(lists: Lists, requests: Requests) -> dict[str, Targets]:
    """Where the targets are in each model's lists."""
    of_list = requests.of_list
    return {
        name: Targets(of_list, ranks_in_lists(items, of_list, requests.target_item))
        for name, items in lists.items()
    }


def list_figures(lists: np.ndarray, items: Items) -> dict[str, float]:
    """What the first 10 of each list are like; coverage alone where every list is empty."""
    shown, size = lists[:, :LIST_K], len(items.users)
    figures = {"coverage": list_metrics.coverage(shown, size)}
    if figures["coverage"]:
        figures |= {
            "gini": list_metrics.gini(shown, size),
            "novelty": list_metrics.novelty(shown, items.users, items.of),
            "average_popularity": list_metrics.average_popularity(shown, items.users),
        }
    if items.features is not None and (shown[:, 1:] >= 0).any():
        figures["diversity"] = list_metrics.intra_list_diversity(shown, items.features)
    return {f"{name}@{LIST_K}": value for name, value in figures.items()}


def _intervals(
    values: Mapping[str, np.ndarray], requests: Requests, config: EvaluateConfig
) -> dict[str, dict[str, list[float]]]:
    """All models by the same draws of users."""
    users = requests.user_ids[requests.first_of_list]
    columns = by_user(np.concatenate(list(values.values()), axis=1), users)
    found = bootstrap_intervals(columns, config.resamples, config.seed).T.tolist()
    return {
        name: dict(zip(NAMES, found[number * len(NAMES) :], strict=False))
        for number, name in enumerate(values)
    }


def _segments(
    ranks: Mapping[str, Targets], requests: Requests, items: Items
) -> dict[str, dict[str, Any]]:
    of_list = requests.of_list
    history_len = np.diff(requests.indptr)[requests.first_of_list]
    divisions = {
        "user_activity": by_activity(history_len, of_list),
        "item_popularity": by_popularity(items.users, requests.target_item),
    }
    return {
        division: {
            name: {"targets": int(held.sum()), "lists": len(np.unique(of_list[held]))}
            | {model: _segment_figures(only(targets, held)) for model, targets in ranks.items()}
            for name, held in segments.items()
        }
        for division, segments in divisions.items()
    }


def _segment_figures(targets: Targets) -> dict[str, float]:
    return {
        f"{name}@{k}": float(DEFINITIONS[name](targets, k).mean())
        for name, k in SEGMENT_FIGURES.items()
    }
