"""What both models read of a history's events besides the items: times and ratings."""

from __future__ import annotations

from typing import Any

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
from keras import ops

TIME_BUCKETS = 34
"""log2 of seconds, plus one: 0 is unknown, 1 the same second, 33 over a century."""


def gap_bucket(timestamp: Any, present: Any) -> Any:
    """Bucket of the time since the previous event.

    Args:
        timestamp: `[..., history_len]` int64 unix seconds, left-padded with 0; 0 where unknown.
        present: The same shape, bool, False is padding.

    Returns:
        The same shape, int32: 0 where either time is unknown or there is no previous event,
        otherwise as `time_bucket` says.
    """
    known = ops.logical_and(present, timestamp > 0)
    both = ops.logical_and(known, _previous(known))
    # The difference is taken on integers: float32 holds unix seconds to the nearest 128 only.
    return time_bucket(timestamp - _previous(timestamp), both)


def time_bucket(seconds: Any, known: Any) -> Any:
    """Bucket of a length of time.

    Args:
        seconds: Integers; what is below 0 counts as 0.
        known: The same shape, bool.

    Returns:
        The same shape, int32: 0 where unknown, otherwise 1 + floor(log2(1 + seconds)), at most
        `TIME_BUCKETS - 1`.
    """
    length = 1 + ops.maximum(ops.convert_to_tensor(seconds), 0)
    # A float32 log2 of 2**13 is 13 or 12.99999 by compiler and batch size, and 2**25 - 1 is 2**25
    # as float32. Without the bits that follow a set one, a length keeps its first bit and is from
    # 2**k to 1.5 * 2**k: a quarter more than its log2 is far from whole numbers by any compiler.
    first = ops.bitwise_and(length, ops.bitwise_not(ops.right_shift(length, 1)))
    power = ops.floor(ops.log2(ops.cast(first, "float32")) + 0.25)
    return ops.where(known, ops.minimum(1 + ops.cast(power, "int32"), TIME_BUCKETS - 1), 0)


def rating_inputs(rating: Any, rating_range: tuple[float, float]) -> Any:
    """Ratings on -1..1 and whether one was given.

    Args:
        rating: `[..., history_len]` float32, NaN where none was given.
        rating_range: Ends of the rating scale.

    Returns:
        `[..., history_len, 2]` float32; zeros where none was given.
    """
    low, high = rating_range
    given = ops.logical_not(ops.isnan(rating))
    scaled = 2.0 * (rating - low) / (high - low) - 1.0
    return ops.stack([ops.where(given, scaled, 0.0), ops.cast(given, "float32")], axis=-1)


def _previous(values: Any) -> Any:
    """`values` one step later on the last axis, 0 or False first."""
    return ops.pad(values[..., :-1], [[0, 0]] * (len(values.shape) - 1) + [[1, 0]])
