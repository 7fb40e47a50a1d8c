"""How far predicted ratings are from those that were given."""

from __future__ import annotations

from typing import Any

import numpy as np

from evaluation.metrics.errors import mae, rmse
from evaluation.requests import Requests
from evaluation.resampling import bootstrap_intervals, by_user
from schemas.config import EvaluateConfig

GROUPS = 10
"""Of the calibration curve."""


def rating_figures(
    predicted: np.ndarray, requests: Requests, config: EvaluateConfig
) -> dict[str, Any]:
    """Errors and calibration of one model's predictions.

    Args:
        predicted: float32 `[requests]`, NaN where none was predicted.
        requests: What was asked.
        config: `resamples` and `seed`.

    Returns:
        `rmse` and its `interval` (95 %, by bootstrap of users), `mae`, in units of the scale;
        `calibration`: from low to high predictions, in groups of equal size, `[mean prediction,
        mean rating, ratings]`; `ratings`, how many were predicted.

    Raises:
        ValueError: A rating was given that the model did not predict.
    """
    rated = np.isfinite(requests.target_rating)
    unpredicted = int(np.count_nonzero(rated & ~np.isfinite(predicted)))
    if unpredicted:
        raise ValueError(
            f"predicted ratings: expected one for each of {rated.sum()} given, got none for "
            f"{unpredicted}"
        )
    guess, truth = predicted[rated].astype(np.float64), requests.target_rating[rated]
    squared = by_user(np.square(guess - truth)[:, None], requests.user_ids[rated])
    low, high = np.sqrt(bootstrap_intervals(squared, config.resamples, config.seed)[:, 0])
    return {
        "rmse": rmse(guess, truth),
        "interval": [float(low), float(high)],
        "mae": mae(guess, truth),
        "calibration": _calibration(guess, truth),
        "ratings": int(rated.sum()),
    }


def _calibration(guess: np.ndarray, truth: np.ndarray) -> list[list[float]]:
    order = np.argsort(guess, kind="stable")
    parts = np.array_split(order, min(GROUPS, len(order)))
    return [[float(guess[p].mean()), float(truth[p].mean()), len(p)] for p in parts]
