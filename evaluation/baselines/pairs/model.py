"""What every model of two people can be asked."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from evaluation.ordering import top
from evaluation.requests import Requests

ROWS_AT_ONCE = 8_192
"""Predictions made in one call of a network, so that a long list of pairs needs little memory."""


class PairModel(ABC):
    """Predicts the mean rating that two people give an item.

    `predict` is an `evaluation.ratings.Predict`, `predict_pair` an
    `evaluation.ratings.PredictPair`. Nothing of a request is read but its history and the features
    of its user; of a target only which item it is.
    """

    @abstractmethod
    def rate(
        self, requests: Requests, left: np.ndarray, right: np.ndarray, item: np.ndarray
    ) -> np.ndarray:
        """Predicted mean rating: float32 `[rows]`.

        Args:
            requests: Whose histories are read.
            left: int64 `[rows]`, row of the first person's request.
            right: int64 `[rows]`, of the second one's.
            item: int `[rows]`, catalogue index.
        """

    def predict(self, requests: Requests, rows: np.ndarray) -> np.ndarray:
        """Predicted rating of each row's target, the same person in both places: float32."""
        return self.predict_pair(requests, rows, rows)

    def predict_pair(self, requests: Requests, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Predicted mean rating of the target that the rows share: float32 `[pairs]`."""
        return self._in_parts(requests, left, right, requests.target_item[left])

    def score(self, requests: Requests, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Predicted mean rating of every item of the catalogue: float32 `[pairs, items]`."""
        pair = np.repeat(np.arange(len(left)), requests.items)
        item = np.tile(np.arange(requests.items), len(left))
        rated = self._in_parts(requests, left[pair], right[pair], item)
        return rated.reshape(len(left), requests.items)

    def recommend(
        self, requests: Requests, left: np.ndarray, right: np.ndarray, k: int
    ) -> np.ndarray:
        """The k best of all items that neither has watched.

        Args:
            requests: Whose histories are read.
            left: int64 `[pairs]`, row of the first person's request.
            right: int64 `[pairs]`, of the second one's.
            k: Length of the lists; may exceed what is left.

        Returns:
            int64 `[pairs, k]` of catalogue indices, best first, -1 behind the end of a shorter one.
        """
        watched = requests.seen(left) | requests.seen(right)
        return top(np.where(watched, -np.inf, self.score(requests, left, right)), k)

    def _in_parts(
        self, requests: Requests, left: np.ndarray, right: np.ndarray, item: np.ndarray
    ) -> np.ndarray:
        rated = np.empty(len(item), np.float32)
        for start in range(0, len(item), ROWS_AT_ONCE):
            part = slice(start, start + ROWS_AT_ONCE)
            rated[part] = self.rate(requests, left[part], right[part], item[part])
        return rated
