"""Softmax cross-entropy over the catalogue: exact, or estimated from a sample.

The TFRS task (`towers.tfrs_loss`) computes the same number as `full_softmax`; a test holds them
together.
"""

from __future__ import annotations

from typing import Any

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
from keras import ops

NEVER = -1e9
"""Logit of what cannot be the answer; finite, so that its gradient is 0 and not NaN."""


def full_softmax(queries: Any, positives: Any, catalogue: Any, allowed: Any) -> Any:
    """Cross-entropy of each positive against the catalogue.

    Args:
        queries: `[positions, dim]` float.
        positives: `[positions]` int, rows of `catalogue`.
        catalogue: `[items, dim]` float.
        allowed: `[positions, items]` bool: what may be a candidate; the positive always may.

    Returns:
        `[positions]` float.
    """
    logits = ops.matmul(queries, ops.transpose(catalogue))
    items = ops.arange(catalogue.shape[0], dtype=positives.dtype)
    is_positive = items == ops.expand_dims(positives, -1)
    logits = ops.where(ops.logical_or(allowed, is_positive), logits, NEVER)
    own = ops.take_along_axis(logits, ops.expand_dims(positives, -1), axis=-1)
    return ops.logsumexp(logits, axis=-1) - ops.squeeze(own, -1)


def sampled_softmax(
    queries: Any, positives: Any, negatives: Any, log_expected: Any, allowed: Any
) -> Any:
    """An estimate of `full_softmax` from negatives drawn with replacement.

    A negative that is expected `n q` times in a sample of `n` stands for `1 / (n q)` items: its
    logit is lowered by log(n q) (importance sampling of the partition function, Bengio and Senecal
    2008; with such a correction in two-tower models, Yi et al. 2019). The positive was not drawn,
    so nothing is taken from it.

    Args:
        queries: `[positions, dim]` float.
        positives: `[positions, dim]` float, vectors of the items that came next.
        negatives: `[negatives, dim]` float, vectors of the items drawn.
        log_expected: `[negatives]` float, log of how often each is expected in the sample.
        allowed: `[positions, negatives]` bool, False for what is no negative of a position: its own
            positive (an accidental hit), what was seen before.

    Returns:
        `[positions]` float.
    """
    own = ops.sum(queries * positives, axis=-1, keepdims=True)
    logits = ops.matmul(queries, ops.transpose(negatives)) - log_expected
    logits = ops.concatenate([own, ops.where(allowed, logits, NEVER)], axis=-1)
    return ops.logsumexp(logits, axis=-1) - ops.squeeze(own, -1)
