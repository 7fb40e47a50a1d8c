"""Evaluation of how likely a rating reaches what counts as liking."""

from __future__ import annotations

from typing import Any

import numpy as np

from evaluation.metrics.binary import auc, calibration, log_loss

GROUPS = 10
"""Of the calibration curve."""


def like_figures(
    probability: np.ndarray, bias: np.ndarray | None, rating: np.ndarray, threshold: float
) -> dict[str, Any]:
    """How well likes are told from the rest, and whether the probabilities are true.

    Args:
        probability: `[ratings]` float, of a rating of at least the threshold.
        bias: `[ratings]` float, the bias model's ratings, by which its order is judged; None:
            nobody asked it.
        rating: `[ratings]` float, what was given.
        threshold: The least rating of what is liked.

    Returns:
        `threshold`; `share` of the ratings that reach it; `log_loss`, and `log_loss_of_share`, of
        always saying that share; `calibration_error` and `calibration`, for each group of
        predictions its mean, the share that reached the threshold, and how many they are; `auc` and
        `bias_auc`, absent where all or none of the ratings reach it, `bias_auc` without `bias` too.
    """
    liked = rating >= threshold
    share = float(liked.mean())
    curve = calibration(probability, liked, GROUPS)
    figures: dict[str, Any] = {
        "threshold": threshold,
        "share": share,
        "log_loss": log_loss(probability, liked),
        "log_loss_of_share": log_loss(np.full(len(liked), share), liked),
        "calibration_error": curve.error,
        "calibration": [list(group) for group in zip(*map(np.ndarray.tolist, curve), strict=True)],
    }
    if 0 < share < 1:
        figures["auc"] = auc(probability, liked)
        if bias is not None:
            figures["bias_auc"] = auc(bias, liked)
    return figures
