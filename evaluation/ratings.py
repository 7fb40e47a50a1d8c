"""Evaluation of predicted ratings and likes: of one person, and of two who watch together."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple, Protocol

import numpy as np

from evaluation.batches import Done, Progress, batches, show_nothing
from evaluation.likes import like_figures
from evaluation.metrics.errors import mae, rmse
from evaluation.requests import Requests
from schemas.config import EvaluateConfig


class Predict(Protocol):
    """One person's rating."""

    def __call__(self, requests: Requests, rows: np.ndarray) -> np.ndarray:
        """Predicted rating of each row's target item: float32 `[rows]`."""


class Opinion(NamedTuple):
    """What one person would think of an item.

    Attributes:
        rating: float32 `[rows]`.
        like: float32 `[rows]`, how likely the rating reaches what counts as liking.
    """

    rating: np.ndarray
    like: np.ndarray


class PredictOpinion(Protocol):
    """One person's opinion."""

    def __call__(self, requests: Requests, rows: np.ndarray) -> Opinion:
        """Predicted opinion of each row's target item."""


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
        found: How many such pairs there are, also those that were not drawn.
    """

    left: np.ndarray
    right: np.ndarray
    found: int


def common_target_pairs(requests: Requests, per_item: int, seed: int) -> Pairs:
    """Unordered pairs of rated requests with the same target item, sorted by row.

    Args:
        requests: The split.
        per_item: Of an item with more pairs than this, as many are drawn, each at most once. The
            rest are never listed, for an item's pairs grow with the square of its raters.
        seed: Seed of the draw.
    """
    return pairs_of_rows(requests.target_item, requests.target_rating, per_item, seed)


def pairs_of_rows(item: np.ndarray, rating: np.ndarray, per_item: int, seed: int) -> Pairs:
    """Unordered pairs of rated rows with the same item, as `common_target_pairs` finds them.

    Args:
        item: int `[rows]`.
        rating: float `[rows]`, NaN where none was given.
        per_item: Most pairs of one item.
        seed: Seed of the draw.
    """
    rng = np.random.default_rng(seed)
    rated = np.flatnonzero(np.isfinite(rating))
    order = rated[np.argsort(item[rated], kind="stable")]
    groups = np.split(order, np.flatnonzero(np.diff(item[order])) + 1)
    left, right = np.concatenate(
        [group[_draw_pairs(len(group), per_item, rng)] for group in groups], axis=1
    )
    by_row = np.lexsort((right, left))
    found = sum(_count_pairs(len(group)) for group in groups)
    return Pairs(left[by_row], right[by_row], found)


def _draw_pairs(raters: int, limit: int, rng: np.random.Generator) -> np.ndarray:
    """Pairs i < j of `range(raters)`, all or `limit` drawn ones: int64 `[2, pairs]`."""
    count = _count_pairs(raters)
    number = np.arange(count) if count <= limit else rng.choice(count, limit, replace=False)
    # Counted j by j, pair (i, j) has the number j (j - 1) / 2 + i.
    j = ((1 + np.sqrt(1 + 8 * number)) // 2).astype(np.int64)
    return np.stack([number - j * (j - 1) // 2, j])


def _count_pairs(raters: int) -> int:
    return raters * (raters - 1) // 2


def evaluate_ratings(
    requests: Requests,
    predict: PredictOpinion,
    predict_pair: PredictPair,
    predict_bias: Predict,
    like_threshold: float,
    config: EvaluateConfig,
    progress: Progress = show_nothing,
) -> dict[str, dict[str, Any]]:
    """Errors of single and joint predictions beside the bias model's.

    The truth of a pair is the mean of its two ratings. What a joint prediction adds shows against
    the average of the same model's two single predictions.

    Args:
        requests: The split; requests whose target has no rating are left out.
        predict: The model, for one person.
        predict_pair: The model, for two.
        predict_bias: The bias model.
        like_threshold: The least rating of what is liked.
        config: The stage's configuration.
        progress: Told of the ratings and pairs predicted.

    Returns:
        `rating`: rmse, mae, bias_rmse, bias_mae; `like`: see `like_figures`; `pair`: rmse,
        rmse_average_of_singles, rmse_average_of_bias, `pairs` measured and `pairs_found`; the last
        two alone where no two requests share a target.

    Raises:
        ValueError: No target has a rating.
    """
    rated = np.flatnonzero(np.isfinite(requests.target_rating))
    if not len(rated):
        raise ValueError("target_rating: expected at least one rating, got none")
    single, like = _opinions(
        requests, rated, predict, config.batch_size, partial(progress, "ratings")
    )
    bias = _predict_rows(requests, rated, predict_bias, config.batch_size)
    actual = requests.target_rating
    rating = {
        "rmse": rmse(single[rated], actual[rated]),
        "mae": mae(single[rated], actual[rated]),
        "bias_rmse": rmse(bias[rated], actual[rated]),
        "bias_mae": mae(bias[rated], actual[rated]),
    }
    likes = like_figures(like[rated], bias[rated], actual[rated], like_threshold)
    pairs = common_target_pairs(requests, config.pairs_per_item, config.seed)
    joint = _predict_pairs(
        requests, pairs, predict_pair, config.batch_size, partial(progress, "ratings of pairs")
    )
    pair = _pair_metrics(requests, pairs, joint, single, bias)
    return {"rating": rating, "like": likes, "pair": pair}


def _opinions(
    requests: Requests, rows: np.ndarray, predict: PredictOpinion, batch_size: int, done: Done
) -> Opinion:
    """Predictions at their rows, NaN elsewhere: each float32 `[requests]`."""
    found = Opinion(*np.full((2, len(requests)), np.nan, np.float32))
    for batch in batches(rows, batch_size, done):
        found.rating[batch], found.like[batch] = predict(requests, batch)
    return found


def _predict_rows(
    requests: Requests, rows: np.ndarray, predict: Predict, batch_size: int
) -> np.ndarray:
    """Predictions at their rows, NaN elsewhere: float32 `[requests]`."""
    predicted = np.full(len(requests), np.nan, np.float32)
    for batch in batches(rows, batch_size):
        predicted[batch] = predict(requests, batch)
    return predicted


def _predict_pairs(
    requests: Requests, pairs: Pairs, predict: PredictPair, batch_size: int, done: Done
) -> np.ndarray:
    """Joint predictions: float32 `[pairs]`."""
    predicted = np.empty(len(pairs.left), np.float32)
    for batch in batches(np.arange(len(predicted)), batch_size, done):
        predicted[batch] = predict(requests, pairs.left[batch], pairs.right[batch])
    return predicted


def _pair_metrics(
    requests: Requests, pairs: Pairs, joint: np.ndarray, single: np.ndarray, bias: np.ndarray
) -> dict[str, float]:
    counts: dict[str, float] = {"pairs": len(pairs.left), "pairs_found": pairs.found}
    if not len(pairs.left):
        return counts
    actual = _average(requests.target_rating, pairs)
    return {
        "rmse": rmse(joint, actual),
        "rmse_average_of_singles": rmse(_average(single, pairs), actual),
        "rmse_average_of_bias": rmse(_average(bias, pairs), actual),
    } | counts


def _average(values: np.ndarray, pairs: Pairs) -> np.ndarray:
    return (values[pairs.left] + values[pairs.right]) / 2
