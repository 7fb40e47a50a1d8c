"""Evaluation of predicted ratings: of one person, and of two who watch together."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np

from evaluation.batches import batches
from evaluation.metrics import mae, rmse
from evaluation.requests import Requests


class Predict(Protocol):
    """One person's rating."""

    def __call__(self, requests: Requests, rows: np.ndarray) -> np.ndarray:
        """Predicted rating of each row's target item: float32 `[rows]`."""


class PredictPair(Protocol):
    """The mean rating of two people."""

    def __call__(self, requests: Requests, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Predicted mean rating of the target that `left` and `right` (int64 `[pairs]`) share.

        Returns:
            float32 `[pairs]`.
        """


class Pairs(NamedTuple):
    """Two requests with the same target each.

    Attributes:
        left: int64 `[pairs]`, a row.
        right: int64 `[pairs]`, a later row.
    """

    left: np.ndarray
    right: np.ndarray


def common_target_pairs(requests: Requests) -> Pairs:
    """All unordered pairs of rated requests with the same target item, sorted by row."""
    rated = np.flatnonzero(np.isfinite(requests.target_rating))
    order = rated[np.argsort(requests.target_item[rated], kind="stable")]
    groups = np.split(order, np.flatnonzero(np.diff(requests.target_item[order])) + 1)
    pairs = [group[np.stack(np.triu_indices(len(group), k=1))] for group in groups]
    left, right = np.concatenate(pairs, axis=1)
    by_row = np.lexsort((right, left))
    return Pairs(left[by_row], right[by_row])


def evaluate_ratings(
    requests: Requests,
    predict: Predict,
    predict_pair: PredictPair,
    predict_bias: Predict,
    batch_size: int,
) -> dict[str, dict[str, float]]:
    """Errors of single and joint predictions beside the bias model's.

    The truth of a pair is the mean of its two ratings. What a joint prediction adds shows against
    the average of the same model's two single predictions.

    Args:
        requests: The split; requests whose target has no rating are left out.
        predict: The model, for one person.
        predict_pair: The model, for two.
        predict_bias: The bias model.
        batch_size: Requests or pairs in a batch.

    Returns:
        `rating`: rmse, mae, bias_rmse, bias_mae; `pair`: rmse, rmse_average_of_singles,
        rmse_average_of_bias, pairs. `pair` has `pairs` alone where no two requests share a target.

    Raises:
        ValueError: No target has a rating.
    """
    rated = np.flatnonzero(np.isfinite(requests.target_rating))
    if not len(rated):
        raise ValueError("target_rating: expected at least one rating, got none")
    single = _predict_rows(requests, rated, predict, batch_size)
    bias = _predict_rows(requests, rated, predict_bias, batch_size)
    actual = requests.target_rating
    rating = {
        "rmse": rmse(single[rated], actual[rated]),
        "mae": mae(single[rated], actual[rated]),
        "bias_rmse": rmse(bias[rated], actual[rated]),
        "bias_mae": mae(bias[rated], actual[rated]),
    }
    return {
        "rating": rating,
        "pair": _pair_metrics(requests, predict_pair, single, bias, batch_size),
    }


def _predict_rows(
    requests: Requests, rows: np.ndarray, predict: Predict, batch_size: int
) -> np.ndarray:
    """Predictions at their rows, NaN elsewhere: float32 `[requests]`."""
    predicted = np.full(len(requests), np.nan, np.float32)
    for batch in batches(rows, batch_size):
        predicted[batch] = predict(requests, batch)
    return predicted


def _pair_metrics(
    requests: Requests,
    predict_pair: PredictPair,
    single: np.ndarray,
    bias: np.ndarray,
    batch_size: int,
) -> dict[str, float]:
    pairs = common_target_pairs(requests)
    if not len(pairs.left):
        return {"pairs": 0}
    joint = np.concatenate(
        [
            predict_pair(requests, pairs.left[batch], pairs.right[batch])
            for batch in batches(np.arange(len(pairs.left)), batch_size)
        ]
    )
    actual = _average(requests.target_rating, pairs)
    return {
        "rmse": rmse(joint, actual),
        "rmse_average_of_singles": rmse(_average(single, pairs), actual),
        "rmse_average_of_bias": rmse(_average(bias, pairs), actual),
        "pairs": len(pairs.left),
    }


def _average(values: np.ndarray, pairs: Pairs) -> np.ndarray:
    return (values[pairs.left] + values[pairs.right]) / 2
