"""The static view of a rating: the history, taken as a set, and the item that is rated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy import sparse

from evaluation.baselines.static.estimators import Estimators
from evaluation.baselines.static.examples import Pairs, draw_hidden, features_of
from evaluation.baselines.static.features import NOTHING, StaticFeatures
from evaluation.histories import RawHistories
from evaluation.requests import Requests


@dataclass(frozen=True, eq=False)
class StaticRating:
    """Predicts the rating of a hidden event from the rest (`StaticFeatures`).

    Attributes:
        features: Of the fitted events.
        regressor: A fitted regressor with scikit-learn's interface.
    """

    features: StaticFeatures
    regressor: Any

    @classmethod
    def fit(
        cls,
        histories: RawHistories,
        item_features: sparse.csr_array | None,
        seed: int,
        estimators: Estimators,
    ) -> Self:
        """Fits drawn events; arguments as `StaticRanking.fit` has them.

        Raises:
            ValueError: No event has a rating.
        """
        rated = np.isfinite(histories.history_rating)
        if not rated.any():
            raise ValueError("history_rating: expected at least one rating, got none")
        features = StaticFeatures.fit(histories, item_features)
        events = draw_hidden(histories, rated, seed)
        owner = histories.events(histories.rows).row[events]
        item = histories.history_item[events].astype(np.int64)
        pairs = Pairs(owner, item, item)
        _, regressor = estimators(seed)
        regressor.fit(features_of(features, histories, pairs), histories.history_rating[events])
        return cls(features, regressor)

    def predict(self, requests: Requests, rows: np.ndarray) -> np.ndarray:
        """Predicted rating of each row's target: float32 `[rows]`."""
        item = requests.target_item[rows].astype(np.int64)
        nothing = np.full(len(rows), NOTHING)
        found = self.features.of_pairs(requests, rows, np.arange(len(rows)), item, nothing)
        return self.regressor.predict(found).astype(np.float32)
