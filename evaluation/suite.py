"""Everything that a run is judged by, in one call."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from scipy import sparse

from evaluation.baselines.bias import BiasModel
from evaluation.baselines.ease import Ease
from evaluation.baselines.markov import Markov
from evaluation.baselines.popularity import Popularity
from evaluation.baselines.recent_popularity import RecentPopularity, newest_events_span
from evaluation.batches import Progress, show_nothing
from evaluation.histories import RawHistories
from evaluation.judge import Lists, judge, rank_targets
from evaluation.list_figures import Items
from evaluation.per_request import per_request
from evaluation.ranking_protocol import PROTOCOL, Scorer, rank_catalogue
from evaluation.ratings import PredictOpinion, PredictPair, evaluate_ratings
from evaluation.requests import Requests
from evaluation.resampling import CONFIDENCE
from evaluation.two_stage import Rank, Retrieve, rank_candidates
from schemas.config import EvaluateConfig

EASE_ITEMS = 12_000
"""Largest catalogue that EASE is fitted on: 12 000 items take 3.5 GB and about a minute."""


class Models(NamedTuple):
    """What is served, as the evaluation asks it.

    Attributes:
        retrieve: The first stage.
        rank: The second.
        predict: One person's rating, and how likely it reaches `like_threshold`.
        predict_pair: The mean rating of two.
        like_threshold: The least rating of what is liked.
    """

    retrieve: Retrieve
    rank: Rank
    predict: PredictOpinion
    predict_pair: PredictPair
    like_threshold: float


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What was measured.

    Attributes:
        metrics: JSON-ready; see `evaluate`.
        per_request: See `evaluation.per_request`.
    """

    metrics: dict[str, dict[str, Any]]
    per_request: pa.Table


def evaluate(
    requests: Requests,
    fitted: RawHistories,
    item_features: sparse.csr_array | None,
    models: Models,
    config: EvaluateConfig,
    progress: Progress = show_nothing,
) -> Evaluation:
    """Measures both stages and the baselines on the same requests.

    Args:
        requests: The `test` requests.
        fitted: The `fit` histories, which the baselines are fitted on.
        item_features: Of the catalogue, as `read_item_features` gives them.
        models: Both stages.
        config: The stage's configuration.
        progress: Told of the baselines fitted, then of each model's lists.

    Returns:
        Its metrics are `protocol`: how it was measured. `popularity`, `recent_popularity` (absent
        without times), `markov`, `ease`, `ease_half_life` (both absent above 12 000 items),
        `retrieval` and `two_stage`, `intervals`, `segments` and `gaps`: see `judge`. `rating`,
        `like` and `pair`: see `evaluate_ratings`; absent where nothing is rated.
    """
    lists = rank_baselines(requests, fitted, config, progress) | rank_candidates(
        requests,
        models.retrieve,
        models.rank,
        config.candidates,
        config.batch_size,
        partial(progress, "retrieval and two_stage"),
    )
    found = measure(lists, requests, fitted, item_features, config)
    if _rated(fitted.history_rating) and _rated(requests.target_rating):
        bias = BiasModel.fit(fitted)
        found.metrics.update(
            evaluate_ratings(
                requests,
                models.predict,
                models.predict_pair,
                bias.predict,
                models.like_threshold,
                config,
                progress,
            )
        )
    return found


def measure(
    lists: Lists,
    requests: Requests,
    fitted: RawHistories,
    item_features: sparse.csr_array | None,
    config: EvaluateConfig,
) -> Evaluation:
    """Figures of lists, however they were made; arguments as `judge` and `evaluate` have them."""
    metrics = {"protocol": protocol(requests, config)}
    metrics |= judge(lists, requests, Items.known(fitted, item_features), config)
    return Evaluation(metrics, per_request(requests, rank_targets(lists, requests)))


def protocol(requests: Requests, config: EvaluateConfig) -> dict[str, Any]:
    """How the figures came about."""
    return {
        "ranking": PROTOCOL,
        "targets": len(requests),
        "lists": len(requests.first_of_list),
        "users": len(np.unique(requests.user_ids)),
        "candidates": config.candidates,
        "pairs_per_item": config.pairs_per_item,
        "resamples": config.resamples,
        "confidence": CONFIDENCE,
        "seed": config.seed,
    }


def rank_baselines(
    requests: Requests,
    fitted: RawHistories,
    config: EvaluateConfig,
    progress: Progress = show_nothing,
) -> dict[str, np.ndarray]:
    """Fits every baseline and lists the catalogue by it; see `rank_catalogue`."""
    return {
        name: rank_catalogue(requests, scorer, config.batch_size, partial(progress, name))
        for name, scorer in fit_baselines(fitted, progress).items()
    }


def fit_baselines(fitted: RawHistories, progress: Progress = show_nothing) -> dict[str, Scorer]:
    """Fits every baseline that ranks, with its defaults."""
    fits: dict[str, Callable[[RawHistories], Any]] = {"popularity": Popularity.fit}
    if newest_events_span(fitted.history_timestamp):
        fits["recent_popularity"] = RecentPopularity.fit
    fits["markov"] = Markov.fit
    if fitted.items <= EASE_ITEMS:
        fits["ease"] = Ease.fit
    scorers: dict[str, Any] = {}
    for done, (name, fit) in enumerate(fits.items()):
        progress(f"fit of {name}", done, len(fits))
        scorers[name] = fit(fitted)
    if "ease" in scorers:
        scorers["ease_half_life"] = dataclasses.replace(scorers["ease"], half_life=10.0)
    return scorers


def _rated(rating: np.ndarray) -> bool:
    return bool(np.isfinite(rating).any())
