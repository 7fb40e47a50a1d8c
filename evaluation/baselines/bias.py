"""Ratings explained by who rates and what is rated, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from evaluation.histories import RawHistories
from evaluation.requests import Requests


@dataclass(frozen=True, eq=False)
class BiasModel:
    """Predicts r_ui = mu + b_u + b_i, with damped means in place of a solver.

    b_i = sum_u(r_ui - mu) / (damping_i + n_i), then
    b_u = sum_i(r_ui - mu - b_i) / (damping_u + n_u)
    (model: Koren, Bell & Volinsky, "Matrix factorization techniques for recommender systems",
    Computer 2009; one mean after the other: Koren, "Factor in the neighbors", TKDD 2010,
    "Baseline estimates").
    b_u is worked out from the history of the request, so that a user who was not fitted gets a
    prediction too.

    Attributes:
        mean: mu, mean of all fitted ratings.
        item_bias: float64 `[items]`, b_i.
        user_damping: Ratings of the mean that each user is given.
    """

    mean: float
    item_bias: np.ndarray
    user_damping: float

    @classmethod
    def fit(
        cls, histories: RawHistories, user_damping: float = 10.0, item_damping: float = 5.0
    ) -> Self:
        """Fits the ratings of all histories.

        Args:
            histories: The events to fit; events without a rating are left out.
            user_damping: Ratings of the mean that each user is given.
            item_damping: Ratings of the mean that each item is given.

        Raises:
            ValueError: No event has a rating, or a damping is not above 0.
        """
        if min(user_damping, item_damping) <= 0:
            got = f"{user_damping} and {item_damping}"
            raise ValueError(f"user_damping, item_damping: expected both above 0, got {got}")
        rated = np.isfinite(histories.history_rating)
        if not rated.any():
            raise ValueError("history_rating: expected at least one rating, got none")
        item = histories.history_item[rated]
        rating = histories.history_rating[rated].astype(np.float64)
        mean = float(rating.mean())
        deviation = np.bincount(item, rating - mean, minlength=histories.items)
        count = np.bincount(item, minlength=histories.items)
        return cls(mean, deviation / (item_damping + count), user_damping)

    def score(self, requests: Requests, rows: np.ndarray) -> np.ndarray:
        """Predicted rating of every item: float32 `[rows, items]`."""
        known = self.mean + self._user_bias(requests, rows)
        return (known[:, None] + self.item_bias).astype(np.float32)

    def predict(self, requests: Requests, rows: np.ndarray) -> np.ndarray:
        """Predicted rating of each row's target: float32 `[rows]`."""
        known = self.mean + self._user_bias(requests, rows)
        return (known + self.item_bias[requests.target_item[rows]]).astype(np.float32)

    def _user_bias(self, requests: Requests, rows: np.ndarray) -> np.ndarray:
        events = requests.events(rows)
        rated = np.isfinite(events.rating)
        row, item = events.row[rated], events.item[rated]
        residual = events.rating[rated] - self.mean - self.item_bias[item]
        count = np.bincount(row, minlength=len(rows))
        total = np.bincount(row, residual, minlength=len(rows))
        return total / (self.user_damping + count)
