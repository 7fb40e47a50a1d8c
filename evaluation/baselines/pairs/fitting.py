"""Training and asking of a pair network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import schemas.tf_runtime  # noqa: F401  # before Keras

# isort: split
import keras
from keras import ops

from evaluation.batches import Progress

STEPS_AT_ONCE = 32
"""Training steps between two returns to Python: the same steps, with less time between them."""


def fit_network(
    network: Any,
    inputs: Mapping[str, np.ndarray],
    target: np.ndarray,
    batch_size: int,
    epochs: int,
    what: str,
    progress: Progress,
) -> dict[str, list[float]]:
    """Trains a compiled network in place, a new order each epoch.

    Args:
        network: A compiled `keras.Model`.
        inputs: Name to `[rows, ...]`.
        target: float32 `[rows]`.
        batch_size: Rows of a step.
        epochs: Passes over the rows.
        what: Name of the model, for progress.
        progress: Told of the steps done.

    Returns:
        The loss and each metric of every epoch.
    """
    steps = -(-len(target) // batch_size)
    tell = _Tell(f"fit of {what}", steps, steps * epochs, progress)
    history = network.fit(
        dict(inputs),
        target[:, None],
        batch_size=batch_size,
        epochs=epochs,
        verbose=0,
        callbacks=[tell],
    )
    return {name: [float(value) for value in values] for name, values in history.history.items()}


def ask(network: Any, inputs: Mapping[str, np.ndarray]) -> np.ndarray:
    """What a fitted network of one output says: float32 `[rows]`, a row's the same in any batch."""
    return ops.convert_to_numpy(network(dict(inputs), training=False))[:, 0]


class _Tell(keras.callbacks.Callback):
    def __init__(self, text: str, steps: int, total: int, progress: Progress) -> None:
        super().__init__()
        self._text, self._steps, self._total, self._progress = text, steps, total, progress
        self._before = 0

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._progress(self._text, self._before + batch + 1, self._total)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._before += self._steps
