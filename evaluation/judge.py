"""Lists of several models, made for the same requests, to figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from evaluation.gaps import gaps
from evaluation.list_figures import Items, list_figures, request_figures
from evaluation.metrics.accuracy import (
    DEFINITIONS,
    NAMES,
    Targets,
    accuracy,
    ranks_in_lists,
)
from evaluation.requests import Requests
from evaluation.resampling import bootstrap_intervals, by_user
from evaluation.segments import (
    FEATURE,
    by_activity,
    by_known,
    by_popularity,
    by_user_features,
    only,
)
from schemas.config import EvaluateConfig

SEGMENT_FIGURES = {"hr": 10, "ndcg": 10, "recall": 200}

Lists = Mapping[str, np.ndarray]
"""Name of each model to int32 `[lists, 200]`, as `rank_catalogue` gives it."""


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
        For each model its accuracy at 10, 50 and 200, what `list_figures` and `request_figures`
        find. `intervals`: by model and accuracy figure, `[low, high]`. `segments`: by division,
        segment and model. `gaps`: by division of users and model, see `evaluation.gaps`.
    """
    ranks = rank_targets(lists, requests)
    values = {name: accuracy(targets) for name, targets in ranks.items()}
    divisions = _divisions(requests, items)
    figures: dict[str, dict[str, Any]] = {
        name: dict(zip(NAMES, value.mean(axis=0).tolist(), strict=True))
        | list_figures(lists[name], items)
        | request_figures(lists[name], ranks[name], requests, items)
        for name, value in values.items()
    }
    return figures | {
        "intervals": _intervals(values, requests, config),
        "segments": {
            division: {name: _segment(ranks, held) for name, held in segments.items()}
            for division, segments in divisions.items()
        },
        "gaps": _gaps(values, divisions, requests, config),
    }


def rank_targets(lists: Lists, requests: Requests) -> dict[str, Targets]:
    """Where the targets are in each model's lists."""
    of_list = requests.of_list
    return {
        name: Targets(of_list, ranks_in_lists(items, of_list, requests.target_item))
        for name, items in lists.items()
    }


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


def _divisions(requests: Requests, items: Items) -> dict[str, dict[str, np.ndarray]]:
    """By division and segment: bool `[requests]`, whether the target is of the segment."""
    of_list, first = requests.of_list, requests.first_of_list
    features = {name: values[first] for name, values in requests.user_features.items()}
    return {
        "user_activity": by_activity(np.diff(requests.indptr)[first], of_list),
        "user_known": by_known(requests.user_ids[first], items.people, of_list),
        "item_popularity": by_popularity(items.users, requests.target_item),
    } | by_user_features(features, of_list)


def _segment(ranks: Mapping[str, Targets], held: np.ndarray) -> dict[str, Any]:
    of_list = next(iter(ranks.values())).of_list
    counts = {"targets": int(held.sum()), "lists": len(np.unique(of_list[held]))}
    return counts | {
        model: {
            f"{name}@{k}": float(DEFINITIONS[name](only(targets, held), k).mean())
            for name, k in SEGMENT_FIGURES.items()
        }
        for model, targets in ranks.items()
    }


def _gaps(
    values: Mapping[str, np.ndarray],
    divisions: Mapping[str, Mapping[str, np.ndarray]],
    requests: Requests,
    config: EvaluateConfig,
) -> dict[str, dict[str, Any]]:
    """Of the divisions in which a user is in one segment, with all of their targets."""
    first = requests.first_of_list
    users = requests.user_ids[first]
    found = {}
    for division, segments in divisions.items():
        if division == "user_known" or division.startswith(FEATURE):
            groups = {name: held[first] for name, held in segments.items()}
            found[division] = {
                model: gaps(_segment_columns(value), groups, users, config)
                for model, value in values.items()
            }
    return {division: models for division, models in found.items() if any(models.values())}


def _segment_columns(values: np.ndarray) -> dict[str, np.ndarray]:
    figures = [f"{name}@{k}" for name, k in SEGMENT_FIGURES.items()]
    return {figure: values[:, NAMES.index(figure)] for figure in figures}
