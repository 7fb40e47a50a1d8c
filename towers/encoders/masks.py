"""What is hidden from an encoder: padding, and what comes later."""

from __future__ import annotations

from typing import Any

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
from keras import ops


def causal_mask(present: Any) -> Any:
    """What each token may attend to: itself, the viewer token, and real events before it.

    Args:
        present: `[batch, history_len]` bool, False is padding.

    Returns:
        `[batch, 1 + history_len, 1 + history_len]` bool.
    """
    keys = ops.pad(present, [[0, 0], [1, 0]], constant_values=True)
    length = ops.shape(keys)[1]
    steps = ops.arange(length)
    causal = ops.expand_dims(steps, 0) <= ops.expand_dims(steps, 1)
    return ops.logical_and(ops.expand_dims(keys, 1), ops.expand_dims(causal, 0))


def without_padding(events: Any, present: Any) -> Any:
    """Events with zeros for padding, `[batch, history_len, dim]`."""
    return ops.where(ops.expand_dims(present, -1), events, ops.zeros_like(events))
