"""Pairs of sliding windows with the same target, as a model of two people is fitted on them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

import schemas.tf_runtime  # noqa: F401  # before TensorFlow

# isort: split
import tensorflow as tf

from evaluation.ratings import pairs_of_rows
from evaluation.requests import Requests
from schemas import columns
from schemas.artifacts import Artifact
from schemas.prepared import load_examples, user_sizes

SLIDING_WINDOWS = "sliding_windows"
LABEL = "target_label"


class PairedWindows(NamedTuple):
    """Pairs of people whose windows end with the same film.

    Attributes:
        inputs: `history_item_id` int64 and `history_rating` float32 `[pairs, 2, events]`,
            `target_item_id` int64 `[pairs]`, each user feature int64 `[pairs, 2]`.
        user_id: bytes `[pairs, 2]`.
        rating: float32 `[pairs]`, mean of their ratings of that film.
    """

    inputs: dict[str, np.ndarray]
    user_id: np.ndarray
    rating: np.ndarray


def paired_windows(prepared: Artifact, split: str, per_item: int, seed: int) -> PairedWindows:
    """Pairs the windows of a split.

    Args:
        prepared: Prepared with the task `sliding_windows` and explicit labels.
        split: One of `schemas.columns.SPLITS`.
        per_item: Most pairs of one target film; as many are drawn where there are more.
        seed: Seed of the draw.

    Raises:
        ValueError: The artefact was prepared otherwise, or no two windows share a target.
    """
    check_explicit(prepared)
    windows = load_examples(
        prepared,
        SLIDING_WINDOWS,
        split,
        _features(prepared),
        (columns.USER_ID, columns.TARGET_ITEM_ID),
    )
    target, label = windows.pop(columns.TARGET_ITEM_ID), windows.pop(LABEL)
    pairs = pairs_of_rows(target, label, per_item, seed)
    if not len(pairs.left):
        raise ValueError(f"{split}: expected two windows with one target, got {len(target)} alone")
    rows = np.stack([pairs.left, pairs.right], axis=1)
    two = {name: values[rows] for name, values in windows.items()}
    user_id = two.pop(columns.USER_ID)
    inputs = two | {columns.TARGET_ITEM_ID: target[pairs.left]}
    return PairedWindows(inputs, user_id, label[rows].mean(axis=1))


def newest_window(
    requests: Requests, rows: np.ndarray, items: np.ndarray, events: int
) -> dict[str, np.ndarray]:
    """The input of the window that would end with each row's target.

    Args:
        requests: Whose histories are read.
        rows: int64 `[...]`.
        items: int64 `[items]`, vocabulary index of each item of the catalogue.
        events: Events of an input.

    Returns:
        `history_item_id` int64 `[..., events]`, left-padded with 0, and `history_rating` float32,
        NaN in the padding.
    """
    end = requests.indptr[rows + 1]
    position = end[..., None] - events + np.arange(events)
    real = position >= requests.indptr[rows][..., None]
    item_id = np.full(real.shape, columns.PADDING, np.int64)
    rating = np.full(real.shape, np.nan, np.float32)
    item_id[real] = items[requests.history_item[position[real]]]
    rating[real] = requests.history_rating[position[real]]
    return {columns.HISTORY_ITEM_ID: item_id, columns.HISTORY_RATING: rating}


def window_events(prepared: Artifact) -> int:
    """Events of a window's input: all of the window but its target."""
    return int(prepared.manifest["config"]["window_len"]) - 1


def check_explicit(prepared: Artifact) -> None:
    """Checks that an example's label is a rating.

    Raises:
        ValueError: It is not.
    """
    label = prepared.manifest["config"]["task_label"]
    if label != "explicit":
        raise ValueError(f"prepare.task_label: expected 'explicit', got {label!r}")


def _features(prepared: Artifact) -> dict[str, tf.io.FixedLenFeature]:
    events = window_events(prepared)
    features = {name: tf.io.FixedLenFeature([], tf.int64) for name in user_sizes(prepared)}
    return features | {
        columns.USER_ID: tf.io.FixedLenFeature([], tf.string),
        columns.HISTORY_ITEM_ID: tf.io.FixedLenFeature([events], tf.int64),
        columns.HISTORY_RATING: tf.io.FixedLenFeature([events], tf.float32),
        columns.TARGET_ITEM_ID: tf.io.FixedLenFeature([], tf.int64),
        LABEL: tf.io.FixedLenFeature([], tf.float32),
    }
