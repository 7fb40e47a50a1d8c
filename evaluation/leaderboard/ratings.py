"""How far predicted ratings are from those that were given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from evaluation.metrics.binary import calibration
from evaluation.metrics.errors import mae, rmse
from evaluation.requests import Requests
from evaluation.resampling import bootstrap_intervals, by_user, holm, randomisation_test
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
    guess, truth = (of[rated].astype(np.float64) for of in (predicted, requests.target_rating))
    squared = by_user(_squared(predicted, requests), requests.user_ids[rated])
    low, high = np.sqrt(bootstrap_intervals(squared, config.resamples, config.seed)[:, 0])
    curve = calibration(guess, truth, GROUPS)
    return {
        "rmse": rmse(guess, truth),
        "interval": [float(low), float(high)],
        "mae": mae(guess, truth),
        "calibration": [list(group) for group in zip(*map(np.ndarray.tolist, curve), strict=True)],
        "ratings": int(rated.sum()),
    }


def rating_tests(
    ratings: Mapping[str, np.ndarray], against: str, requests: Requests, config: EvaluateConfig
) -> dict[str, dict[str, Any]]:
    """One model's squared errors against those of each other, paired by request, drawn by user.

    Args:
        ratings: By model, float32 `[requests]`; there is one for each that was given.
        against: The one; nothing is tested if it is none of them.
        requests: What was asked.
        config: `resamples` and `seed`.

    Returns:
        By model `mse_difference`, what the one has less what this one has; its `interval`; `p` of
        the randomisation test, and `p_holm`, corrected for the number of models.
    """
    others = [name for name in ratings if name != against]
    if against not in ratings or not others:
        return {}
    users = requests.user_ids[np.isfinite(requests.target_rating)]
    own = _squared(ratings[against], requests)
    found: dict[str, dict[str, Any]] = {}
    for name in others:
        difference = by_user(own - _squared(ratings[name], requests), users)
        low, high = bootstrap_intervals(difference, config.resamples, config.seed)[:, 0]
        found[name] = {
            "mse_difference": float(difference.mean[0]),
            "interval": [float(low), float(high)],
            "p": float(randomisation_test(difference, config.resamples, config.seed)[0]),
        }
    corrected = holm(np.array([test["p"] for test in found.values()]))
    for test, p in zip(found.values(), corrected.tolist(), strict=True):
        test["p_holm"] = p
    return found


def _squared(predicted: np.ndarray, requests: Requests) -> np.ndarray:
    """Squared errors of the ratings that were given: float64 `[ratings, 1]`."""
    rated = np.isfinite(requests.target_rating)
    error = predicted[rated].astype(np.float64) - requests.target_rating[rated]
    return np.square(error)[:, None]
