"""Retrieval losses over the whole catalogue.

Both compute the same number, the exact full softmax cross-entropy; tests hold them together.
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
