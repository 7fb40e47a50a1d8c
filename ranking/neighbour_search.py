"""The look-up of neighbours in the exported model, where a request waits for it."""

from __future__ import annotations

from typing import Any

import schemas.tf_runtime  # noqa: F401  (before TensorFlow)

# isort: split
import tensorflow as tf

BEFORE_ALL = -1
"""Sorts before every item index."""


def search(neighbour: Any, values: Any, history: Any, candidates: Any) -> Any:
    """Gives what `ranking.neighbours.look_up` gives for one cutoff, several times faster.

    That searches each candidate among the neighbours of each event. This searches the neighbours
    among the sorted candidates, one call of an operation that `keras.ops` has for single vectors
    only, and goes on with the few that are there. How many they are is known at run time only,
    which compiled JAX, for one, does not have.

    Args:
        neighbour: `[indices, neighbours]` int32, ascending.
        values: `[indices, neighbours, kinds]` float32.
        history: `[batch, owners, history_len]` int, item indices.
        candidates: `[batch, 1, candidates]` int, item indices.

    Returns:
        `[batch, 1, candidates, owners, history_len, kinds]` float32, 0 where the candidate is no
        neighbour.
    """
    count, kinds = values.shape[1:]
    batch, owners, history_len = tf.unstack(tf.shape(history, tf.int64))
    events = owners * history_len
    candidates = tf.cast(candidates[:, 0], tf.int32)
    # With something before them, the last one that is not larger always exists.
    ordered = tf.pad(tf.sort(candidates, axis=1), [[0, 0], [1, 0]], constant_values=BEFORE_ALL)
    width = tf.shape(ordered, tf.int64)[1]
    near = tf.reshape(tf.gather(neighbour, history), tf.stack([batch, events * count]))
    place = _last_not_larger(ordered, near)
    there = tf.equal(tf.gather(ordered, place, batch_dims=1), near)
    found = tf.where(there)
    row, (event, which) = found[:, 0], (found[:, 1] // count, found[:, 1] % count)
    item = tf.gather(tf.reshape(history, [-1]), row * events + event)
    known = tf.reshape(values, [-1, kinds])
    held = tf.gather(known, tf.cast(item, tf.int64) * count + which)
    at = (row * width + tf.boolean_mask(place, there)) * events + event
    filled = tf.scatter_nd(at[:, None], held, tf.stack([batch * width * events, kinds]))
    # Equal candidates share what the last of them was given.
    filled = tf.reshape(filled, tf.stack([batch, width, events * kinds]))
    filled = tf.gather(filled, _last_not_larger(ordered, candidates), batch_dims=1)
    shape = [batch, 1, width - 1, owners, history_len, kinds]
    return tf.ensure_shape(
        tf.reshape(filled, tf.stack(shape)), [None, 1, None, None, history.shape[2], kinds]
    )


def _last_not_larger(ordered: Any, values: Any) -> Any:
    """Place of each row's values among the ordered, int64; the last of equal ones."""
    return tf.searchsorted(ordered, values, side="right", out_type=tf.int64) - 1
