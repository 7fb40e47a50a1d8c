"""Ratings explained by biases and factors, solved in turns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy import sparse

from evaluation.histories import RawHistories
from evaluation.requests import Requests

# Round values, the same for every data set.
FACTORS = 16
REGULARISATION = 0.2
ITERATIONS = 15
DAMPING = 5.0
"""Ratings whose weight the regularisation has at least, for people and items with few."""


@dataclass(frozen=True, eq=False)
class MatrixFactorisation:
    """Predicts r_ui = mu + b_u + b_i + p_u.q_i.

    b and the factors minimise the squared errors plus regularisation n_u (b_u^2 + |p_u|^2) and the
    same for items, by alternating least squares (model: Koren, Bell & Volinsky, "Matrix
    factorization techniques for recommender systems", Computer 2009; weighting by n, the number of
    ratings, and the alternation: Zhou et al., "Large-scale parallel collaborative filtering for the
    Netflix prize", AAIM 2008). Here n is at least `DAMPING`. b_u and p_u are solved for the history
    of the request, so that whoever was not fitted gets a prediction too.

    Attributes:
        mean: mu, mean of all fitted ratings.
        item_bias: float64 `[items]`, b_i.
        item_factors: float64 `[items, factors]`, q_i.
        regularisation: Of one rating.
    """

    mean: float
    item_bias: np.ndarray
    item_factors: np.ndarray
    regularisation: float

    @classmethod
    def fit(
        cls,
        histories: RawHistories,
        seed: int = 0,
        factors: int = FACTORS,
        regularisation: float = REGULARISATION,
        iterations: int = ITERATIONS,
    ) -> Self:
        """Fits the ratings of all histories.

        Args:
            histories: The events to fit; events without a rating are left out.
            seed: Of the first factors.
            factors: Length of p_u and q_i.
            regularisation: Of one rating.
            iterations: Times that all users, then all items, are solved.

        Raises:
            ValueError: No event has a rating.
        """
        rated = np.isfinite(histories.history_rating)
        if not rated.any():
            raise ValueError("history_rating: expected at least one rating, got none")
        user = histories.events(histories.rows).row[rated]
        item = histories.history_item[rated].astype(np.int64)
        rating = histories.history_rating[rated].astype(np.float64)
        mean = float(rating.mean())
        of_user, of_item = _Sides(user, len(histories)), _Sides(item, histories.items)
        items = np.random.default_rng(seed).normal(0, 0.1, (histories.items, 1 + factors))
        items[:, 0] = 0.0
        for _ in range(iterations):
            users = of_user.solve(items[item], rating - mean, regularisation)
            items = of_item.solve(users[user], rating - mean, regularisation)
        return cls(mean, items[:, 0], items[:, 1:], regularisation)

    def score(self, requests: Requests, rows: np.ndarray) -> np.ndarray:
        """Predicted rating of every item: float32 `[rows, items]`."""
        users = self._users(requests, rows)
        known = np.einsum("rf,if->ri", users[:, 1:], self.item_factors)
        return (self.mean + users[:, :1] + self.item_bias + known).astype(np.float32)

    def predict(self, requests: Requests, rows: np.ndarray) -> np.ndarray:
        """Predicted rating of each row's target: float32 `[rows]`."""
        users, item = self._users(requests, rows), requests.target_item[rows]
        known = np.einsum("rf,rf->r", users[:, 1:], self.item_factors[item])
        return (self.mean + users[:, 0] + self.item_bias[item] + known).astype(np.float32)

    def _users(self, requests: Requests, rows: np.ndarray) -> np.ndarray:
        """b_u, then p_u: float64 `[rows, 1 + factors]`."""
        events = requests.events(rows)
        rated = np.isfinite(events.rating)
        row, item = events.row[rated], events.item[rated]
        known = np.concatenate([self.item_bias[:, None], self.item_factors], axis=1)
        residual = events.rating[rated].astype(np.float64) - self.mean
        return _Sides(row, len(rows)).solve(known[item], residual, self.regularisation)


class _Sides:
    """Ratings by the people, or by the items, that own them.

    Args:
        owner: int64 `[ratings]`, in any order.
        count: Number of owners.
    """

    def __init__(self, owner: np.ndarray, count: int) -> None:
        ratings = np.arange(len(owner))
        ones = np.ones(len(owner))
        self._owned = sparse.coo_array((ones, (owner, ratings)), shape=(count, len(owner))).tocsr()

    def solve(self, other: np.ndarray, residual: np.ndarray, regularisation: float) -> np.ndarray:
        """Bias and factors of each owner, given those of the other side.

        Args:
            other: float64 `[ratings, 1 + factors]`, bias and factors of each rating's other side.
            residual: float64 `[ratings]`, less the mean.
            regularisation: Of one rating.

        Returns:
            float64 `[owners, 1 + factors]`, 0 where nothing is rated.
        """
        known, residual = other.copy(), residual - other[:, 0]
        known[:, 0] = 1.0  # beside the owner's own bias
        width = known.shape[1]
        moment = self._owned @ (known * residual[:, None])
        # A column at a time: all products of the ratings at once would take width times the memory.
        columns = [self._owned @ (known * known[:, [column]]) for column in range(width)]
        gram = np.stack(columns, axis=1)
        weight = regularisation * np.maximum(np.diff(self._owned.indptr), DAMPING)
        gram += weight[:, None, None] * np.eye(width)
        return np.linalg.solve(gram, moment[:, :, None])[:, :, 0]
