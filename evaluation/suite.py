"""Everything that a run is judged by, in one call."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from scipy import sparse

from evaluation.baselines.bias import BiasModel
from evaluation.baselines.registry import BASELINES, STANDARD, has_ratings
from evaluation.batches import Progress, show_nothing
from evaluation.histories import RawHistories
from evaluation.judge import Lists, judge, rank_targets
from evaluation.list_figures import Items
from evaluation.per_request import per_request
from evaluation.ranking_protocol import PROTOCOL, rank_catalogue
from evaluation.ratings import PredictOpinion, PredictPair, evaluate_ratings
from evaluation.requests import Requests
from evaluation.resampling import CONFIDENCE
from evaluation.two_stage import Rank, Retrieve, rank_candidates
from schemas.config import EvaluateConfig


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
    if has_ratings(fitted) and np.isfinite(requests.target_rating).any():
        bias, scale = BiasModel.fit(fitted), fitted.rating_range

        def on_scale(requests: Requests, rows: np.ndarray) -> np.ndarray:
            return np.clip(bias.predict(requests, rows), *scale)

        found.metrics.update(
            evaluate_ratings(
                requests,
                models.predict,
                models.predict_pair,
                on_scale,
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
    """Fits every standard baseline and lists the catalogue by it; see `rank_catalogue`."""
    baselines = [BASELINES[name] for name in STANDARD if BASELINES[name].applies(fitted)]
    scorers = {}
    for done, baseline in enumerate(baselines):
        progress(f"fit of {baseline.name}", done, len(baselines))
        scorers[baseline.name] = baseline.fit(fitted, None, config.seed)
    return {
        name: rank_catalogue(requests, scorer, config.batch_size, partial(progress, name))
        for name, scorer in scorers.items()
    }
