"""Figures of a predicted probability."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.stats import rankdata

LEAST_PROBABILITY = 1e-7
"""What is predicted as impossible costs that much, not infinitely much."""


class Calibration(NamedTuple):
    """Predictions in groups of as equal a size as can be, from low to high.

    Attributes:
        predicted: `[groups]` float64, mean predicted probability.
        observed: `[groups]` float64, share of what was so.
        size: `[groups]` int64.
    """

    predicted: np.ndarray
    observed: np.ndarray
    size: np.ndarray

    @property
    def error(self) -> float:
        """Expected calibration error: the mean of |predicted - observed|, weighted by size.

        Naeini, Cooper and Hauskrecht, AAAI 2015, with groups of equal size.
        """
        return float(np.average(np.abs(self.predicted - self.observed), weights=self.size))


def auc(score: np.ndarray, positive: np.ndarray) -> float:
    """Area under the ROC curve: how often a positive scores above a negative, a tie counting half.

    (R - p (p + 1) / 2) / (p n), with R the sum of the positives' ranks among p positives and n
    negatives (Hanley and McNeil, Radiology 1982).

    Args:
        score: `[rows]` float.
        positive: `[rows]` bool.

    Raises:
        ValueError: There are no positives, or no negatives.
    """
    positives = int(positive.sum())
    negatives = len(positive) - positives
    if not positives or not negatives:
        raise ValueError(f"auc: expected positives and negatives, got {positives} and {negatives}")
    ranks = rankdata(score)[positive].sum()
    return float((ranks - positives * (positives + 1) / 2) / (positives * negatives))


def log_loss(probability: np.ndarray, positive: np.ndarray) -> float:
    """Mean of -log(p) where it was so and -log(1 - p) where not, in nats."""
    certain = np.clip(probability.astype(np.float64), LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)
    return float(-np.mean(np.log(np.where(positive, certain, 1 - certain))))


def calibration(probability: np.ndarray, positive: np.ndarray, groups: int) -> Calibration:
    """The calibration curve (reliability diagram; Niculescu-Mizil and Caruana, ICML 2005).

    Args:
        probability: `[rows]` float, at least one.
        positive: `[rows]` bool.
        groups: How many at most; there are no more than rows.
    """
    order = np.argsort(probability, kind="stable")
    parts = np.array_split(order, min(groups, len(order)))
    return Calibration(
        predicted=np.array([probability[part].mean(dtype=np.float64) for part in parts]),
        observed=np.array([positive[part].mean() for part in parts]),
        size=np.array([len(part) for part in parts]),
    )
