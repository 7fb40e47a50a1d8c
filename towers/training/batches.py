"""Training windows in an order that a seed and the epoch's number give."""

from __future__ import annotations

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before TensorFlow)

# isort: split
import tensorflow as tf

from schemas import columns


class WindowBatches:
    """Batches of one static shape; any epoch can begin at any of its steps."""

    def __init__(self, windows: dict[str, np.ndarray], batch_size: int, seed: int):
        """Takes the windows.

        Args:
            windows: As `schemas.histories.training_windows` gives them.
            batch_size: Windows in a step.
            seed: Of the order.
        """
        self._count, self._batch_size, self._seed = (
            len(windows[columns.TARGET_ITEM_ID]),
            batch_size,
            seed,
        )
        self._inputs = {
            name: tf.constant(values)
            for name, values in windows.items()
            if not name.startswith("target_")
        }
        self._inputs[columns.REQUEST_TIMESTAMP] = tf.constant(windows[columns.TARGET_TIMESTAMP])
        self._targets = tf.constant(windows[columns.TARGET_ITEM_ID])
        self.steps = max(1, round(self._count / batch_size))

    def epoch(self, number: int, first_step: int = 0) -> tf.data.Dataset:
        """The batches of an epoch from one of its steps on.

        Args:
            number: The epoch.
            first_step: Steps left out.

        Returns:
            `(inputs, targets)` of `batch_size` windows each. Steps are the nearest number of full
            ones: where the windows do not fill the last, the epoch's first are in it once more, and
            what is left over by less than half a step waits for another epoch.
        """
        order = np.random.default_rng([self._seed, number]).permutation(self._count)
        rows = np.resize(order, (self.steps, self._batch_size))[first_step:]
        return tf.data.Dataset.from_tensor_slices(rows).map(self._gather).prefetch(tf.data.AUTOTUNE)

    def _gather(self, rows: tf.Tensor) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
        inputs = {name: tf.gather(values, rows) for name, values in self._inputs.items()}
        return inputs, tf.gather(self._targets, rows)
