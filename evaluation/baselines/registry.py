"""Every baseline by its name."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from scipy import sparse

from evaluation.baselines.als import Als
from evaluation.baselines.baseline import (
    ENVIRONMENTS,
    Baseline,
    FitRatings,
    FitScorer,
    RatingBaseline,
    RatingPredictor,
)
from evaluation.baselines.bias import BiasModel
from evaluation.baselines.bpr import Bpr
from evaluation.baselines.ease import HALF_LIFE, HALF_LIFE_REGULARISATION, Ease
from evaluation.baselines.item_knn import ItemKnn
from evaluation.baselines.lightfm_hybrid import LightFmHybrid
from evaluation.baselines.markov import Markov
from evaluation.baselines.matrix_factorisation import MatrixFactorisation
from evaluation.baselines.popularity import Popularity
from evaluation.baselines.recent_popularity import RecentPopularity, newest_events_span
from evaluation.baselines.sasrec.adapter import Sasrec
from evaluation.baselines.spark_als import SparkAls
from evaluation.baselines.static.estimators import (
    Estimators,
    decision_tree,
    gradient_boosting,
    random_forest,
    xgboost,
)
from evaluation.baselines.static.ranking import StaticRanking
from evaluation.baselines.static.rating import StaticRating
from evaluation.baselines.user_knn import UserKnn
from evaluation.histories import RawHistories
from evaluation.ranking_protocol import Scorer

EASE_ITEMS = 12_000
"""Largest catalogue that EASE is fitted on: 12 000 items take 3.5 GB and about a minute."""

Features: TypeAlias = sparse.csr_array | None
"""Of the items, `[items, values]`, as `evaluation.item_features.read_item_features` gives them."""


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


def _ease(fitted: RawHistories, item_features: Features, seed: int) -> Scorer:
    return Ease.fit(fitted)


def _ease_half_life(fitted: RawHistories, item_features: Features, seed: int) -> Scorer:
    return Ease.fit(fitted, HALF_LIFE_REGULARISATION, HALF_LIFE)


def _item_knn(fitted: RawHistories, item_features: Features, seed: int) -> Scorer:
    return ItemKnn.fit(fitted)


def _user_knn(fitted: RawHistories, item_features: Features, seed: int) -> Scorer:
    return UserKnn.fit(fitted)


def _als(fitted: RawHistories, item_features: Features, seed: int) -> Scorer:
    return Als.fit(fitted, seed)


def _spark_als(fitted: RawHistories, item_features: Features, seed: int) -> Scorer:
    return SparkAls.fit(fitted, seed)


def _bpr(fitted: RawHistories, item_features: Features, seed: int) -> Scorer:
    return Bpr.fit(fitted, seed)


def _sasrec(fitted: RawHistories, item_features: Features, seed: int) -> Scorer:
    return Sasrec.fit(fitted, seed, ENVIRONMENTS["rectools"].absolute())


def _lightfm(fitted: RawHistories, item_features: Features, seed: int) -> Scorer:
    return LightFmHybrid.fit(fitted, item_features, seed)


def _bias(fitted: RawHistories, item_features: Features, seed: int) -> Scorer:
    return BiasModel.fit(fitted)


def _rate_factors(fitted: RawHistories, seed: int = 0) -> MatrixFactorisation:
    return MatrixFactorisation.fit(fitted, seed)


def _static(estimators: Estimators, sequential: bool) -> FitScorer:
    def fit(fitted: RawHistories, item_features: Features, seed: int) -> Scorer:
        return StaticRanking.fit(fitted, item_features, seed, estimators, sequential)

    return fit


def _static_rating(estimators: Estimators) -> FitRatings:
    def fit(fitted: RawHistories, seed: int = 0) -> RatingPredictor:
        return StaticRating.fit(fitted, None, seed, estimators)

    return fit


def _rate_bias(fitted: RawHistories, seed: int = 0) -> BiasModel:
    return BiasModel.fit(fitted)


_EASE_SOURCE = "Steck, WWW 2019"
_BIAS = ("bias", "Regularised bias model", "Koren, Bell & Volinsky, Computer 2009")
_FACTORS = ("matrix_factorisation", "Matrix factorisation of ratings", "Koren et al., 2009")
_STATIC = (
    ("decision_tree", "Decision tree on the static view", "Breiman et al., 1984", decision_tree),
    ("random_forest", "Random forest on the static view", "Breiman, 2001", random_forest),
    (
        "gradient_boosting",
        "Gradient boosting on the static view",
        "Friedman, 2001",
        gradient_boosting,
    ),
    ("xgboost", "XGBoost on the static view", "Chen & Guestrin, KDD 2016", xgboost),
)

_RANKING = (
    Baseline("popularity", "Popularity, all time", "", _popularity),
    Baseline(
        "recent_popularity",
        "Popularity, recent",
        "Ji et al., SIGIR 2020",
        _recent,
        applies=has_times,
    ),
    Baseline(*_BIAS, _bias, applies=has_ratings),
    Baseline("user_knn", "User-kNN", "Resnick et al., CSCW 1994", _user_knn),
    Baseline("item_knn", "Item-kNN", "Deshpande & Karypis, TOIS 2004", _item_knn),
    Baseline("markov", "Markov chain, 5 steps", "Shani et al., JMLR 2005", _markov),
    Baseline("ease", "EASE", _EASE_SOURCE, _ease, applies=fits_ease),
    Baseline(
        "ease_half_life",
        "EASE, recent events weigh more",
        _EASE_SOURCE,
        _ease_half_life,
        applies=fits_ease,
    ),
    Baseline("als", "ALS (implicit)", "Hu, Koren & Volinsky, ICDM 2008", _als, "baselines"),
    Baseline("spark_als", "ALS (Spark MLlib)", "Meng et al., JMLR 2016", _spark_als, "spark"),
    Baseline("bpr", "BPR (implicit)", "Rendle et al., UAI 2009", _bpr, "baselines"),
    Baseline("lightfm", "LightFM, hybrid", "Kula, CBRecSys 2015", _lightfm, "lightfm"),
    Baseline("sasrec", "SASRec (RecTools)", "Kang & McAuley, ICDM 2018", _sasrec, "rectools"),
    *(
        Baseline(name, title, source, _static(estimators, False), "baselines")
        for name, title, source, estimators in _STATIC
    ),
    *(
        Baseline(
            f"{name}_sequential",
            f"{title}, of what comes next",
            source,
            _static(estimators, True),
            "baselines",
        )
        for name, title, source, estimators in _STATIC
    ),
)
BASELINES: dict[str, Baseline] = {baseline.name: baseline for baseline in _RANKING}
"""What ranks the catalogue, in the order of tables."""

_RATING = (
    RatingBaseline(*_BIAS, _rate_bias, applies=has_ratings),
    RatingBaseline(*_FACTORS, _rate_factors, applies=has_ratings),
    *(
        RatingBaseline(
            name, title, source, _static_rating(estimators), "baselines", applies=has_ratings
        )
        for name, title, source, estimators in _STATIC
    ),
)
RATING_BASELINES: dict[str, RatingBaseline] = {baseline.name: baseline for baseline in _RATING}
"""What predicts ratings, in the order of tables."""

STANDARD = ("popularity", "recent_popularity", "markov", "ease", "ease_half_life")
"""Those that every run is measured against: no extra is needed and they are fitted in seconds."""
