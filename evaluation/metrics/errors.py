"""Errors of predicted ratings."""

from __future__ import annotations

import numpy as np


def rmse(predicted: np.ndarray, actual: np.ndarray) -> float:
    """Root mean square error: sqrt(mean((predicted - actual)^2)), in units of the rating scale."""
    error = predicted.astype(np.float64) - actual
    return float(np.sqrt(np.mean(np.square(error))))


def mae(predicted: np.ndarray, actual: np.ndarray) -> float:
    """Mean absolute error: mean(|predicted - actual|), in units of the rating scale."""
    return float(np.mean(np.abs(predicted.astype(np.float64) - actual)))
