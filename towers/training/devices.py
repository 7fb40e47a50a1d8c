"""Where a model is trained and in which precision."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
import keras
import tensorflow as tf


def sum_over_replicas(value: Any) -> Any:
    """The sum of what all replicas of a step have here; without replicas, the value itself."""
    if tf.distribute.get_strategy().num_replicas_in_sync == 1:
        return value
    return tf.distribute.get_replica_context().all_reduce("SUM", value)


@contextmanager
def training_scope(devices: str, precision: str, batch_size: int) -> Iterator[None]:
    """Models made and fitted inside are on these devices and in this precision.

    Args:
        devices: One of `schemas.config.retrieval.DEVICES`. With `workers`, nothing may have run on
            TensorFlow in this process before.
        precision: Keras dtype policy, `float32` or `mixed_bfloat16`.
        batch_size: Of all replicas together.

    Raises:
        ValueError: The replicas cannot have equal parts of a batch, or TF_CONFIG names no workers.
    """
    strategy = _strategy(devices)
    replicas = strategy.num_replicas_in_sync
    if batch_size % replicas:
        raise ValueError(
            f"retrieval.batch_size: expected a multiple of the {replicas} replicas, "
            f"got {batch_size}"
        )
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        with strategy.scope():
            yield
    finally:
        keras.config.set_dtype_policy(before)


def _strategy(devices: str) -> tf.distribute.Strategy:
    """Where replicas of the model are."""
    if devices == "mirrored":
        found = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
        return tf.distribute.MirroredStrategy([device.name for device in found])
    if devices == "workers":
        cluster = json.loads(os.environ.get("TF_CONFIG", "{}")).get("cluster", {})
        if not cluster.get("worker"):
            raise ValueError(
                "TF_CONFIG: expected the addresses of the workers, since retrieval.devices is "
                f"workers; got {cluster or 'no cluster'}"
            )
        return tf.distribute.MultiWorkerMirroredStrategy()
    return tf.distribute.get_strategy()
