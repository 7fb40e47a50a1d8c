"""What the processes of one training run on several machines agree on."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before TensorFlow)

# isort: split
import tensorflow as tf


def several_workers() -> bool:
    """Whether this process is one of several that train one model together."""
    return isinstance(tf.distribute.get_strategy(), tf.distribute.MultiWorkerMirroredStrategy)


def of_first_worker(values: np.ndarray) -> np.ndarray:
    """What the first worker called this with.

    Args:
        values: Numbers, of one shape and type in all workers.
    """
    strategy = tf.distribute.get_strategy()

    def share() -> tf.Tensor:
        replica = tf.distribute.get_replica_context().replica_id_in_sync_group
        own = tf.constant(values)
        return tf.where(tf.equal(replica, 0), own, tf.zeros_like(own))

    # Not in a `tf.function`: a worker that has made one for this crashed when it ended.
    return np.asarray(strategy.reduce("SUM", strategy.run(share), axis=None))


def take_from_first_worker(path: Path) -> None:
    """Makes a file what the first worker's is, in every worker; none where that has none."""
    content = path.read_bytes() if path.exists() else b""
    size = int(of_first_worker(np.array(len(content))))
    words = np.zeros(-(-size // 4), np.int32)
    if len(content) == size:  # the first worker's, or as long and overwritten
        words = np.frombuffer(content.ljust(4 * len(words), b"\0"), np.int32)
    taken = of_first_worker(words).tobytes()[:size]
    if not size:
        path.unlink(missing_ok=True)
    elif taken != content:
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        aside.write_bytes(taken)
        aside.replace(path)
