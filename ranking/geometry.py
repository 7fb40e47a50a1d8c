"""Who may look at what, and how far back it lies: computed once for all layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
from keras import ops

DISTANCE_BUCKETS = 16
TIME_TERMS = 3
"""Terms of the time bias: known, and the first two powers of the log of the time."""

LOG_YEAR = 17.3
"""log of the seconds in a year, which scales log times to about 1."""


def last_events(values: Any, events: int) -> Any:
    """The newest events, of a shape that a graph knows whatever the number of all events is.

    Args:
        values: `[batch, owners, history_len, ...]`, left-padded.
        events: How many, at most `history_len`.

    Returns:
        `[batch, owners, events, ...]`.
    """
    newest = values[:, :, -events:]
    return ops.reshape(newest, (-1, ops.shape(newest)[1], events, *newest.shape[3:]))


@dataclass(frozen=True)
class Sight:
    """Which events each cutoff sees, and how far back they lie; cutoffs as in `Geometry`.

    Attributes:
        visible: `[batch, cutoffs, owners, events]` bool.
        back: `[cutoffs, events]` float32, events from the newest that the cutoff sees, from 0.
    """

    visible: Any
    back: Any

    def newest(self, events: int) -> Sight:
        """The same of the newest events alone."""
        return Sight(self.visible[..., -events:], self.back[:, -events:])


def make_sight(read: Any, cutoffs: int) -> Sight:
    """What the last `cutoffs` moments of histories see.

    Args:
        read: `[batch, owners, events]` bool, where there is an event that may be read; left-padded.
        cutoffs: Number of trailing cutoffs.
    """
    events = ops.shape(read)[2]
    newest = ops.arange(events - cutoffs, events)[:, None]
    back = newest - ops.arange(events)
    visible = ops.logical_and(read[:, None], (back >= 0)[None, :, None])
    return Sight(visible, ops.cast(ops.maximum(back, 0), "float32"))


@dataclass(frozen=True)
class Geometry:
    """Masks and buckets for `owners` rows of `keys` tokens: the viewer, then `keys - 1` events.

    A *cutoff* is a moment in every owner's history. The last cutoff sees all events, the one before
    it all but the newest, and so on; a request has one, a training row may have many.

    Attributes:
        history_mask: `[batch, owners, keys, owners, keys]` bool, asking token first.
        history_distance: `[keys, keys]` int, between tokens of one owner.
        newest_distance: `[keys]` int, back from an owner's newest event.
        candidate_mask: `[batch, cutoffs, owners, keys]` bool.
        candidate_distance: `[cutoffs, keys]` int, back from the newest event the cutoff sees.
        candidate_time: `[batch, cutoffs, owners, keys, TIME_TERMS]` float, the same in time;
            zeros where a time is unknown.
        owner_mask: `[batch, owners]` bool, False is a padded owner.
    """

    history_mask: Any
    history_distance: np.ndarray
    newest_distance: np.ndarray
    candidate_mask: Any
    candidate_distance: np.ndarray
    candidate_time: Any
    owner_mask: Any

    @property
    def keys(self) -> int:
        """Tokens of an owner."""
        return self.candidate_distance.shape[1]


def make_geometry(
    present: Any, timestamp: Any, owner_mask: Any, cutoffs: int, masked: Any = None
) -> Geometry:
    """Geometry of a batch.

    A masked event is in no mask, so nobody reads it, but it keeps its place and its time: the
    distances and times of the others are those of the whole history.

    Args:
        present: `[batch, owners, history_len]` bool, left-padded with False.
        timestamp: The same shape, int unix seconds, 0 where unknown.
        owner_mask: `[batch, owners]` bool.
        cutoffs: Number of trailing cutoffs, at most `1 + history_len`. With several owners it must
            be 1: another owner's whole history is visible, and would show what a cutoff hides.
        masked: As `present`, the events not to be read; None: none.

    Raises:
        ValueError: There are more cutoffs than moments, or several with not exactly one owner.
    """
    keys = present.shape[2] + 1
    if cutoffs > keys:
        raise ValueError(f"cutoffs: expected at most 1 + history_len = {keys}, got {cutoffs}")
    if cutoffs > 1 and present.shape[1] != 1:
        owners = present.shape[1]
        raise ValueError(f"cutoffs: expected 1 with {owners} owners, got {cutoffs}")
    key = np.arange(keys)
    newest = keys - 1 - np.arange(cutoffs - 1, -1, -1)
    back = newest[:, None] - key + 1
    read = present if masked is None else ops.logical_and(present, ops.logical_not(masked))
    real = ops.concatenate([ops.expand_dims(owner_mask, -1), read], axis=2)
    real = ops.logical_and(real, ops.expand_dims(owner_mask, -1))
    visible = (back >= 1) | (key == 0)
    return Geometry(
        history_mask=_history_mask(real, key),
        history_distance=distance_bucket(key[:, None] - key, key),
        newest_distance=distance_bucket(keys - 1 - key, key),
        candidate_mask=ops.logical_and(real[:, None], visible[None, :, None, :]),
        candidate_distance=distance_bucket(back, key),
        candidate_time=_time_back(present, timestamp, newest),
        owner_mask=owner_mask,
    )


def distance_bucket(distance: np.ndarray, key: np.ndarray) -> np.ndarray:
    """0 for the viewer token, then 1 + floor(2 log2(1 + distance)), at most the last bucket."""
    steps = 1 + np.floor(2 * np.log2(1 + np.maximum(distance, 0))).astype(np.int64)
    return np.where(key == 0, 0, np.minimum(steps, DISTANCE_BUCKETS - 1))


def _history_mask(real: Any, key: np.ndarray) -> Any:
    """Own tokens up to and with itself, all tokens of the other owners."""
    owners = ops.shape(real)[1]
    same = ops.eye(owners, dtype="bool")[:, None, :, None]
    causal = (key <= key[:, None])[None, :, None, :]
    allowed = ops.logical_or(ops.logical_not(same), causal)
    return ops.logical_and(allowed[None], real[:, None, None])


def _time_back(present: Any, timestamp: Any, newest: np.ndarray) -> Any:
    """Terms of the time from each token to the newest event a cutoff sees."""
    known = ops.logical_and(present, timestamp > 0)
    known = ops.pad(known, [[0, 0], [0, 0], [1, 0]])
    stamps = ops.pad(timestamp, [[0, 0], [0, 0], [1, 0]])
    reference = ops.transpose(ops.take(stamps, newest, axis=2), (0, 2, 1))[..., None]
    reference_known = ops.transpose(ops.take(known, newest, axis=2), (0, 2, 1))[..., None]
    both = ops.cast(ops.logical_and(known[:, None], reference_known), "float32")
    seconds = ops.cast(ops.maximum(reference - stamps[:, None], 0), "float32")
    log_time = ops.log1p(seconds) / LOG_YEAR
    return ops.stack([both, both * log_time, both * ops.square(log_time)], axis=-1)
