"""Everything that a run is judged by, in one call."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import Any

import numpy as np

from evaluation.baselines.bias import BiasModel
from evaluation.baselines.ease import Ease
from evaluation.baselines.markov import Markov
from evaluation.baselines.popularity import Popularity
from evaluation.batches import Progress, show_nothing
from evaluation.histories import RawHistories
from evaluation.ranking_protocol import PROTOCOL, Scorer, evaluate_ranking
from evaluation.ratings import Predict, PredictPair, evaluate_ratings
from evaluation.requests import Requests
from evaluation.two_stage import Rank, Retrieve, evaluate_two_stage
from schemas.config import EvaluateConfig

EASE_ITEMS = 12_000
"""Largest catalogue that EASE is fitted on: 12 000 items take 3.5 GB and about a minute."""


def evaluate(
    requests: Requests,
    fitted: RawHistories,
    retrieve: Retrieve,
    rank: Rank,
    predict: Predict,
    predict_pair: PredictPair,
    config: EvaluateConfig,
    progress: Progress = show_nothing,
) -> dict[str, dict[str, Any]]:
    """Measures both stages and the baselines on the same requests.

    Args:
        requests: The `test` requests.
        fitted: The `fit` histories, which the baselines are fitted on.
        retrieve: The first stage.
        rank: The second stage.
        predict: Rating of one person.
        predict_pair: Mean rating of two.
        config: The stage's configuration.
        progress: Told of the baselines fitted, then of each model's requests.

    Returns:
        `protocol`: how it was measured. `popularity`, `markov`, `ease`, `ease_half_life` (both
        absent above 12 000 items), `retrieval` and `two_stage`: hr@10, hr@50, hr@200, ndcg@10,
        coverage@10. `rating` and `pair`: see `evaluate_ratings`; absent where nothing is rated.
    """
    scores: dict[str, dict[str, Any]] = {
        name: evaluate_ranking(requests, scorer, config.batch_size, partial(progress, name))
        for name, scorer in fit_baselines(fitted, progress).items()
    }
    scores |= evaluate_two_stage(
        requests,
        retrieve,
        rank,
        config.candidates,
        config.batch_size,
        partial(progress, "retrieval and two_stage"),
    )
    if _rated(fitted.history_rating) and _rated(requests.target_rating):
        bias = BiasModel.fit(fitted)
        scores |= evaluate_ratings(requests, predict, predict_pair, bias.predict, config, progress)
    return {"protocol": protocol(config)} | scores


def protocol(config: EvaluateConfig) -> dict[str, Any]:
    """How the figures came about."""
    return {
        "ranking": PROTOCOL,
        "candidates": config.candidates,
        "pairs_per_item": config.pairs_per_item,
        "seed": config.seed,
    }


def fit_baselines(fitted: RawHistories, progress: Progress = show_nothing) -> dict[str, Scorer]:
    """Fits every baseline that ranks, with its defaults."""
    fits = 3 if fitted.items <= EASE_ITEMS else 2
    progress("fit of popularity", 0, fits)
    scorers: dict[str, Scorer] = {"popularity": Popularity.fit(fitted)}
    progress("fit of markov", 1, fits)
    scorers["markov"] = Markov.fit(fitted)
    if fits == 3:
        progress("fit of ease", 2, fits)
        ease = Ease.fit(fitted)
        scorers |= {"ease": ease, "ease_half_life": dataclasses.replace(ease, half_life=10.0)}
    return scorers


def _rated(rating: np.ndarray) -> bool:
    return bool(np.isfinite(rating).any())
