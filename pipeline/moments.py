"""When each event of a history happened, as small indices, inside the transform graph."""

from __future__ import annotations

import schemas.tf_runtime  # isort: skip  # noqa: F401  before TensorFlow

import tensorflow as tf

from schemas.columns import HISTORY_GAP, HISTORY_HOUR, HISTORY_WEEKDAY

DAY, HOUR = 86_400, 3_600
WEEKDAY_OF_1970 = 3
"""A Thursday, Monday being 0."""

GAP_BUCKETS = 34
"""As the models have it, which read the timestamps themselves."""

MOMENT_SIZES = {HISTORY_WEEKDAY: 8, HISTORY_HOUR: 25, HISTORY_GAP: GAP_BUCKETS}
"""Indices of each output, 0 among them."""


def moments(timestamp: tf.RaggedTensor) -> dict[str, tf.RaggedTensor]:
    """Weekday, hour and time since the event before, of each event.

    Args:
        timestamp: `[batch, None]` int64 unix seconds, oldest first; 0 where unknown.

    Returns:
        Each `[batch, None]` int64, 0 where unknown: `history_weekday`, 1 is Monday; `history_hour`,
        1 is from 0 to 1 o'clock, UTC; `history_gap`, 1 + floor(log2(1 + seconds)), at most
        `GAP_BUCKETS - 1`, and 0 also for the first event.
    """
    time = timestamp.flat_values
    known = time > 0
    before = tf.concat([tf.zeros([1], tf.int64), time], axis=0)[:-1]
    place = tf.range(tf.size(time, tf.int64)) - tf.gather(
        timestamp.row_starts(), timestamp.value_rowids()
    )
    powers = tf.constant([1 << k for k in range(GAP_BUCKETS - 1)], tf.int64)
    bucket = tf.searchsorted(powers, 1 + time - before, side="right", out_type=tf.int64)
    found = {
        HISTORY_WEEKDAY: (1 + (time // DAY + WEEKDAY_OF_1970) % 7, known),
        HISTORY_HOUR: (1 + time % DAY // HOUR, known),
        HISTORY_GAP: (bucket, known & (before > 0) & (place > 0)),
    }
    return {
        name: timestamp.with_flat_values(tf.where(given, index, 0))
        for name, (index, given) in found.items()
    }
