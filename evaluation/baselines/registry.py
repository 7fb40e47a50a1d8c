"""Every baseline by its name."""

from __future__ import annotations

import dataclasses
from typing import TypeAlias
from weakref import WeakKeyDictionary

import numpy as np
from scipy import sparse

from evaluation.baselines.baseline import Baseline, RatingBaseline
from evaluation.baselines.bias import BiasModel
from evaluation.baselines.ease import Ease
from evaluation.baselines.markov import Markov
from evaluation.baselines.popularity import Popularity
from evaluation.baselines.recent_popularity import RecentPopularity, newest_events_span
from evaluation.histories import RawHistories
from evaluation.ranking_protocol import Scorer

EASE_ITEMS = 12_000
"""Largest catalogue that EASE is fitted on: 12 000 items take 3.5 GB and about a minute."""
HALF_LIFE = 10.0
"""Events after which one of the history counts half for `ease_half_life`."""

Features: TypeAlias = sparse.csr_array | None
"""Of the items, `[items, values]`, as `evaluation.item_features.read_item_features` gives them."""

_EASE: WeakKeyDictionary[RawHistories, Ease] = WeakKeyDictionary()


def has_times(fitted: RawHistories) -> bool:
    """Whether the newest events happened at several times."""
    return newest_events_span(fitted.history_timestamp) > 0


def has_ratings(fitted: RawHistories) -> bool:
    """Whether an event has a rating."""
    return bool(np.isfinite(fitted.history_rating).any())


def fits_ease(fitted: RawHistories) -> bool:
    """Whether a matrix of items by items can be inverted here."""
    return fitted.items <= EASE_ITEMS


def _popularity(fitted: RawHistories, item_features: Features, seed: int) -> Scorer:
    return Popularity.fit(fitted)


def _recent(fitted: RawHistories, item_features: Features, seed: int) -> Scorer:
    return RecentPopularity.fit(fitted)


def _markov(fitted: RawHistories, item_features: Features, seed: int) -> Scorer:
    return Markov.fit(fitted)


def _ease(fitted: RawHistories, item_features: Features, seed: int) -> Ease:
    """One inversion for both of its rows, however large the catalogue."""
    if fitted not in _EASE:
        _EASE[fitted] = Ease.fit(fitted)
    return _EASE[fitted]


def _ease_half_life(fitted: RawHistories, item_features: Features, seed: int) -> Scorer:
    return dataclasses.replace(_ease(fitted, item_features, seed), half_life=HALF_LIFE)


def _bias(fitted: RawHistories, item_features: Features, seed: int) -> Scorer:
    return BiasModel.fit(fitted)


def _rate_bias(fitted: RawHistories, seed: int = 0) -> BiasModel:
    return BiasModel.fit(fitted)


_EASE_SOURCE = "Steck, WWW 2019"
_BIAS = ("bias", "Regularised bias model", "Koren, Bell & Volinsky, Computer 2009")

_RANKING = (
    Baseline("popularity", "Popularity, all time", "", _popularity),
    Baseline(
        "recent_popularity",
        "Popularity, recent",
        "Ji et al., SIGIR 2020",
        _recent,
        applies=has_times,
    ),
    Baseline("markov", "Markov chain, 5 steps", "Shani et al., JMLR 2005", _markov),
    Baseline("ease", "EASE", _EASE_SOURCE, _ease, applies=fits_ease),
    Baseline(
        "ease_half_life",
        "EASE, recent events weigh more",
        _EASE_SOURCE,
        _ease_half_life,
        applies=fits_ease,
    ),
    Baseline(*_BIAS, _bias, applies=has_ratings),
)
BASELINES: dict[str, Baseline] = {baseline.name: baseline for baseline in _RANKING}
"""What ranks the catalogue, in the order of tables."""

_RATING = (RatingBaseline(*_BIAS, _rate_bias, applies=has_ratings),)
RATING_BASELINES: dict[str, RatingBaseline] = {baseline.name: baseline for baseline in _RATING}
"""What predicts ratings, in the order of tables."""

STANDARD = ("popularity", "recent_popularity", "markov", "ease", "ease_half_life")
"""Those that every run is measured against: no extra is needed and they are fitted in seconds."""
