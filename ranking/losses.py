"""What the ranker's heads are trained on."""

from __future__ import annotations

from typing import Any

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
from keras import ops

from ranking.attention import NEVER
from schemas import columns


def squared_error(predicted: Any, label: Any) -> Any:
    """Mean over the labels that are given; NaN is none.

    Args:
        predicted: Any shape, float.
        label: The same shape.
    """
    given = ops.logical_not(ops.isnan(label))
    error = ops.where(given, predicted - ops.where(given, label, 0.0), 0.0)
    return ops.sum(ops.square(error)) / ops.maximum(ops.sum(ops.cast(given, error.dtype)), 1.0)


def log_loss(logits: Any, rating: Any, threshold: float) -> Any:
    """Mean binary cross-entropy of whether a rating reaches a threshold; NaN is no rating.

    Args:
        logits: Any shape, float.
        rating: The same shape.
        threshold: The least rating of what is liked.
    """
    given = ops.logical_not(ops.isnan(rating))
    liked = ops.cast(ops.where(given, rating, 0.0) >= threshold, logits.dtype)
    losses = ops.where(given, ops.softplus(logits) - liked * logits, 0.0)
    return ops.sum(losses) / ops.maximum(ops.sum(ops.cast(given, losses.dtype)), 1.0)


def listwise(scores: Any, candidates: Any) -> Any:
    """Mean negative log softmax of the first candidate of each list; 0 is no item.

    ListNet's top-one form (Cao et al. 2007).

    Args:
        scores: `[batch, slots, candidates]` float.
        candidates: The same shape, item indices, the watched item first.
    """
    real = ops.not_equal(candidates, columns.PADDING)
    losses = -ops.log_softmax(ops.where(real, scores, NEVER), axis=-1)[..., 0]
    some = ops.cast(real[..., 0], losses.dtype)
    return ops.sum(losses * some) / ops.maximum(ops.sum(some), 1.0)
