"""Models of rows, by scikit-learn and XGBoost, with round settings."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

DEPTH = 8
LEAF = 20
"""Least rows of a leaf."""
TREES = 100
BOOSTED_DEPTH = 4
LEARNING_RATE = 0.1


class Estimator(Protocol):
    """What scikit-learn calls a classifier or a regressor."""

    def fit(self, x: np.ndarray, y: np.ndarray) -> Any:
        """Fits rows `[rows, features]` to their labels `[rows]`."""


class Estimators(Protocol):
    """Makes the two models of one kind."""

    def __call__(self, seed: int) -> tuple[Estimator, Estimator]:
        """A new classifier and a new regressor."""


def decision_tree(seed: int) -> tuple[Estimator, Estimator]:
    """One tree (Breiman et al., "Classification and regression trees", 1984)."""
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    settings = {"max_depth": DEPTH, "min_samples_leaf": LEAF, "random_state": seed}
    return DecisionTreeClassifier(**settings), DecisionTreeRegressor(**settings)


def random_forest(seed: int) -> tuple[Estimator, Estimator]:
    """The mean of many trees on samples (Breiman, "Random forests", Machine Learning 2001).

    In one thread: with several, the order of the sum, and its last digit, change from call to call.
    """
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    settings = {
        "n_estimators": TREES,
        "max_depth": DEPTH,
        "min_samples_leaf": LEAF,
        "random_state": seed,
    }
    some = {"max_features": "sqrt"}  # as each is by default; a forest of all features is bagging
    return RandomForestClassifier(**settings, **some), RandomForestRegressor(**settings, **some)


def gradient_boosting(seed: int) -> tuple[Estimator, Estimator]:
    """One small tree after the other (Friedman, "Greedy function approximation", 2001)."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    settings = {
        "max_iter": TREES,
        "learning_rate": LEARNING_RATE,
        "max_depth": BOOSTED_DEPTH,
        "min_samples_leaf": LEAF,
        "early_stopping": False,
        "random_state": seed,
    }
    return HistGradientBoostingClassifier(**settings), HistGradientBoostingRegressor(**settings)


def xgboost(seed: int) -> tuple[Estimator, Estimator]:
    """The same by XGBoost (Chen & Guestrin, "XGBoost: a scalable tree boosting system", 2016)."""
    from xgboost import XGBClassifier, XGBRegressor

    settings = {
        "n_estimators": TREES,
        "learning_rate": LEARNING_RATE,
        "max_depth": BOOSTED_DEPTH,
        "min_child_weight": LEAF,
        "tree_method": "hist",
        "random_state": seed,
    }
    return XGBClassifier(**settings), XGBRegressor(**settings)
