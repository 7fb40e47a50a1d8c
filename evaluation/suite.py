"""Everything that a run is judged by, in one call."""

from __future__ import annotations

import dataclasses

from evaluation.baselines.bias import BiasModel
from evaluation.baselines.ease import Ease
from evaluation.baselines.markov import Markov
from evaluation.baselines.popularity import Popularity
from evaluation.ranking_protocol import Scorer, evaluate_ranking
from evaluation.ratings import Predict, PredictPair, evaluate_ratings
from evaluation.requests import Requests
from evaluation.two_stage import Rank, Retrieve, evaluate_two_stage

EASE_ITEMS = 12_000
"""Largest catalogue that EASE is fitted on: 12 000 items take 3.5 GB and about a minute."""


def evaluate(
    requests: Requests,
    retrieve: Retrieve,
    rank: Rank,
    predict: Predict,
    predict_pair: PredictPair,
    batch_size: int,
) -> dict[str, dict[str, float]]:
    """Measures both stages and the baselines on the same requests.

    Args:
        requests: The `test` requests; the baselines are fitted on their histories.
        retrieve: The first stage.
        rank: The second stage.
        predict: Rating of one person.
        predict_pair: Mean rating of two.
        batch_size: Requests in a batch.

    Returns:
        `popularity`, `markov`, `ease`, `ease_half_life` (both absent above 12 000 items),
        `retrieval` and `two_stage`: hr@10, hr@50, hr@200, ndcg@10, coverage@10. `rating` and
        `pair`: see `evaluate_ratings`; absent where nothing is rated.
    """
    scores = {
        name: evaluate_ranking(requests, scorer, batch_size)
        for name, scorer in fit_baselines(requests).items()
    }
    scores |= evaluate_two_stage(requests, retrieve, rank, batch_size)
    if requests.rated:
        bias = BiasModel.fit(requests)
        scores |= evaluate_ratings(requests, predict, predict_pair, bias.predict, batch_size)
    return scores


def fit_baselines(requests: Requests) -> dict[str, Scorer]:
    """Fits every baseline that ranks, with its defaults."""
    scorers: dict[str, Scorer] = {
        "popularity": Popularity.fit(requests),
        "markov": Markov.fit(requests),
    }
    if requests.items <= EASE_ITEMS:
        ease = Ease.fit(requests)
        scorers |= {"ease": ease, "ease_half_life": dataclasses.replace(ease, half_life=10.0)}
    return scorers
