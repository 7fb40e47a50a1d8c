"""Reads what `pipeline/` wrote: transformed histories, examples of tasks and the item table."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before TensorFlow)

# isort: split
import tensorflow as tf

from schemas import columns
from schemas.artifacts import Artifact
from schemas.cards import Card, card_from_dict
from schemas.histories import Histories

READ_BATCH = 1_024


def load_card(prepared: Artifact) -> Card:
    """The dataset card that the artefact was prepared with."""
    path = prepared.path / "card.json"
    return card_from_dict(json.loads(path.read_text()), str(path))


def item_sizes(prepared: Artifact) -> dict[str, int]:
    """`item_id` and each item input to its number of indices, padding included."""
    names = [columns.ITEM_ID, *load_card(prepared).item_inputs]
    return {name: prepared.figures["sizes"][name] for name in names}


def user_sizes(prepared: Artifact) -> dict[str, int]:
    """Each user input to its number of indices, padding included."""
    return {name: prepared.figures["sizes"][name] for name in load_card(prepared).user_inputs}


def load_histories(prepared: Artifact, split: str) -> Histories:
    """All users' events of a split, users sorted by id.

    Args:
        prepared: The prepared artefact.
        split: One of `columns.SPLITS`; of `columns.REQUESTS` it is the history, not the target,
            that is read.
    """
    events = {
        columns.HISTORY_ITEM_ID: tf.io.RaggedFeature(tf.int64),
        columns.HISTORY_RATING: tf.io.RaggedFeature(tf.float32),
        columns.HISTORY_TIMESTAMP: tf.io.RaggedFeature(tf.int64),
    }
    users = {name: tf.io.FixedLenFeature([], tf.int64) for name in user_sizes(prepared)}
    identity = {columns.USER_ID: tf.io.FixedLenFeature([], tf.string)}
    parts = _read(prepared.path, f"{split}-*.tfrecord.gz", events | users | identity)
    ids = np.array([user.decode() for part in parts for user in part[columns.USER_ID].numpy()])
    order = np.argsort(ids)
    lengths = np.concatenate([part[columns.HISTORY_ITEM_ID].row_lengths() for part in parts])
    starts = np.cumsum(lengths) - lengths
    offsets = np.concatenate([[0], np.cumsum(lengths[order])])
    rows = np.repeat(starts[order] - offsets[:-1], lengths[order]) + np.arange(offsets[-1])
    flat = {
        name: np.concatenate([part[name].flat_values.numpy() for part in parts])[rows]
        for name in events
    }
    return Histories(
        users=ids[order],
        offsets=offsets,
        item_id=flat[columns.HISTORY_ITEM_ID],
        rating=flat[columns.HISTORY_RATING],
        timestamp=flat[columns.HISTORY_TIMESTAMP],
        user_features={n: np.concatenate([p[n].numpy() for p in parts])[order] for n in users},
    )


def load_item_table(prepared: Artifact) -> dict[str, np.ndarray]:
    """Content features of every item index.

    Returns:
        `item_id` `[indices]` int64, which is 0, 1, 2, ...; and each item input
        `[indices, values]` int64, right-padded with 0. Rows of padding and of the unknown
        item hold 0.
    """
    sizes = item_sizes(prepared)
    features: dict[str, Any] = {columns.ITEM_ID: tf.io.FixedLenFeature([], tf.int64)}
    features |= {n: tf.io.RaggedFeature(tf.int64) for n in sizes if n != columns.ITEM_ID}
    parts = _read(prepared.path, "items.tfrecord.gz", features)
    ids = np.concatenate([part[columns.ITEM_ID].numpy() for part in parts])
    table = {columns.ITEM_ID: np.arange(sizes[columns.ITEM_ID])}
    for name in load_card(prepared).item_inputs:
        values = tf.concat([part[name] for part in parts], axis=0).to_tensor().numpy()
        table[name] = np.zeros((sizes[columns.ITEM_ID], max(values.shape[1], 1)), np.int64)
        table[name][ids, : values.shape[1]] = values
    return table


def load_examples(
    prepared: Artifact,
    task: str,
    split: str,
    features: Mapping[str, Any],
    order_by: Sequence[str],
) -> dict[str, np.ndarray]:
    """The examples of a task (docs/artifacts.md), the same order whatever wrote them.

    Args:
        prepared: The prepared artefact.
        task: One of those in `prepare.tasks`.
        split: One of `columns.SPLITS`.
        features: Columns to read, name to `tf.io.FixedLenFeature`.
        order_by: Columns that tell examples apart, the first weighs most.

    Returns:
        Each column `[examples, ...]`, strings as `S`.

    Raises:
        ValueError: The artefact was prepared without the task.
        FileNotFoundError: The split has no example.
    """
    tasks = prepared.manifest["config"]["tasks"]
    if task not in tasks:
        raise ValueError(f"prepare.tasks: expected {task!r} among them, got {list(tasks)}")
    parts = _read(prepared.path / "tasks", f"{task}-{split}-*.tfrecord.gz", dict(features))
    read = {name: np.concatenate([part[name].numpy() for part in parts]) for name in features}
    found = {name: v.astype(bytes) if v.dtype == object else v for name, v in read.items()}
    order = np.lexsort([found[name] for name in reversed(order_by)])
    return {name: values[order] for name, values in found.items()}


def is_item(prepared: Artifact) -> np.ndarray:
    """Which indices are items of the catalogue: not padding, not the unknown item's.

    Returns:
        `[indices]` bool.
    """
    size = item_sizes(prepared)[columns.ITEM_ID]
    index = np.arange(size)
    return (index != columns.PADDING) & (index < size - columns.UNKNOWN_ITEMS)


def _read(directory: Path, pattern: str, features: dict[str, Any]) -> list[dict[str, Any]]:
    """Parsed batches of all record files that match.

    Raises:
        FileNotFoundError: No file matches, or the files hold no record.
    """
    files = sorted(str(path) for path in directory.glob(pattern))
    records = tf.data.TFRecordDataset(files, compression_type="GZIP").batch(READ_BATCH)
    parts = [tf.io.parse_example(batch, features) for batch in records]
    if not parts:
        raise FileNotFoundError(f"{directory}/{pattern}: expected records, found none")
    return parts
