"""EASE: a linear item-to-item model in closed form."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np

from evaluation.histories import RawHistories
from evaluation.requests import Requests

# The best of `python -m benchmarks.tune_baselines`, the same for every data set.
REGULARISATION = 100.0
HALF_LIFE, HALF_LIFE_REGULARISATION = 5.0, 800.0
"""Of the variant that knows the order of events."""


@dataclass(frozen=True, eq=False)
class Ease:
    """Scores an item by a weighted sum over the items of the history.

    With X `[requests, items]` of event counts and P = (X'X + regularisation * I)^-1, the weights
    are B_ij = -P_ij / P_jj off the diagonal and 0 on it, and the scores X B
    (Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019, equation 8).

    Attributes:
        weights: float32 `[items, items]`.
        half_life: Events after which one of the history counts half when scoring: the newest has
            age 0 and an event of age a the weight 0.5^(a / half_life). The fit is not weighted.
    """

    weights: np.ndarray
    half_life: float = math.inf

    @classmethod
    def fit(
        cls,
        histories: RawHistories,
        regularisation: float = REGULARISATION,
        half_life: float = math.inf,
    ) -> Self:
        """Inverts one items-by-items matrix: items^3 operations and 24 * items^2 bytes.

        Args:
            histories: The events to fit.
            regularisation: Added to the diagonal; in events.
            half_life: Of scoring.
        """
        counts = histories.history_matrix(histories.rows, np.ones(len(histories.history_item)))
        gram = (counts.T @ counts).toarray()
        gram[np.diag_indices_from(gram)] += regularisation
        inverse = np.linalg.inv(gram)
        weights = (inverse / -np.diag(inverse)).astype(np.float32)
        np.fill_diagonal(weights, 0.0)
        return cls(weights, half_life)

    def score(self, requests: Requests, rows: np.ndarray) -> np.ndarray:
        """See `evaluation.ranking_protocol.Scorer`."""
        weight = np.exp2(-requests.events(rows).age / self.half_life).astype(np.float32)
        return requests.history_matrix(rows, weight) @ self.weights
