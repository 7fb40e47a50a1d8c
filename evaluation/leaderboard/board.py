"""Fitted models to figures: what `compare.json` holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from evaluation.comparison import compared
from evaluation.judge import judge, rank_targets
from evaluation.leaderboard.ratings import rating_figures, rating_tests
from evaluation.leaderboard.rows import Fitted
from evaluation.likes import like_figures
from evaluation.list_figures import Items
from evaluation.metrics.accuracy import accuracy
from evaluation.requests import Requests
from evaluation.resampling import holm
from evaluation.suite import protocol
from schemas.config import EvaluateConfig

BIAS = "bias"
"""The model whose ratings, as an order, others are to tell likes better than."""
TESTED = ("hr@10", "ndcg@10")
"""Figures whose differences are tested and shown."""


def board(
    models: Sequence[Fitted],
    requests: Requests,
    items: Items,
    against: str,
    like_threshold: float,
    config: EvaluateConfig,
) -> dict[str, Any]:
    """Measures all models on the same requests.

    Args:
        models: In the order of tables.
        requests: What was asked.
        items: The catalogue.
        against: Name of the model that the others are tested against.
        like_threshold: The least rating of what is liked.
        config: Settings of the evaluation.

    Returns:
        JSON-ready: `protocol`; `against`, null if nothing is tested; `models`, by name `title`,
        `source` and cost, and where it has them `figures` and `intervals`, `against` (by figure of
        `TESTED` the `difference`, what `against` has less what this one has, `interval`, `p`, and
        `p_holm`, corrected for the number of models), `rating`, with its own `against` (see
        `rating_tests`), `like` and `curves`; `segments` and `gaps`: see `judge`.
    """
    found: dict[str, dict[str, Any]] = {
        model.name: {"title": model.title, "source": model.source} | dict(model.cost)
        for model in models
    }
    lists = {model.name: model.lists for model in models if model.lists is not None}
    divided: dict[str, Any] = {"segments": {}, "gaps": {}}
    if lists:
        judged = judge(lists, requests, items, config)
        divided = {key: judged[key] for key in divided}
        for name in lists:
            found[name] |= {"figures": judged[name], "intervals": judged["intervals"][name]}
        for name, tests in _tested(lists, requests, against, config).items():
            found[name]["against"] = tests
    bias = next((model.ratings for model in models if model.name == BIAS), None)
    for model in models:
        if model.ratings is not None:
            found[model.name]["rating"] = rating_figures(model.ratings, requests, config)
        if model.likes is not None:
            rated = np.isfinite(model.likes)
            found[model.name]["like"] = like_figures(
                model.likes[rated],
                None if bias is None else bias[rated],
                requests.target_rating[rated],
                like_threshold,
            )
        if model.curves:
            found[model.name]["curves"] = {n: list(epochs) for n, epochs in model.curves.items()}
    rated = {model.name: model.ratings for model in models if model.ratings is not None}
    for name, test in rating_tests(rated, against, requests, config).items():
        found[name]["rating"]["against"] = test
    tested = against if any("against" in of for of in found.values()) else None
    return {"protocol": protocol(requests, config), "against": tested, "models": found} | divided


def _tested(
    lists: Mapping[str, np.ndarray], requests: Requests, against: str, config: EvaluateConfig
) -> dict[str, dict[str, Any]]:
    """By model and figure; nothing if `against` is none of the models."""
    others = [name for name in lists if name != against]
    if against not in lists or not others:
        return {}
    values = {name: accuracy(targets) for name, targets in rank_targets(lists, requests).items()}
    users = requests.user_ids[requests.first_of_list]
    tests = {name: compared(values[against], values[name], users, config) for name in others}
    for figure in TESTED:
        corrected = holm(np.array([tests[name][figure]["p"] for name in others]))
        for name, p in zip(others, corrected.tolist(), strict=True):
            tests[name][figure]["p_holm"] = p
    shown = ("difference", "interval", "p", "p_holm")
    return {
        name: {figure: {key: tests[name][figure][key] for key in shown} for figure in TESTED}
        for name in others
    }
