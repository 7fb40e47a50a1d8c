"""`python -m benchmarks.dropout`: a training step with our dropout and with that of Keras.

The retrieval model in the shapes of MovieLens 1M, compiled with XLA and not.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import asdict
from statistics import median
from typing import Any
from unittest import mock

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
import keras
import tensorflow as tf

from benchmarks.results import write_result
from schemas import columns
from schemas.config import RetrievalConfig
from towers.losses import full_softmax
from towers.model import RetrievalModel
from towers.optimizer import adamw

ITEMS, ROWS, EVENTS, RUNS, SEED = 3_708, 128, 200, 5, 1
CONFIG = RetrievalConfig(history_len=EVENTS, batch_size=ROWS)
MODULES = ("towers.query_tower", "towers.encoders.encoder", "towers.encoders.transformer")
"""Where the model takes its dropout from."""


def main() -> None:
    """Measures, prints the ratio and writes the result."""
    ours = {f"{mode}_step_ms": _step_ms(mode == "xla") for mode in ("xla", "plain")}
    with ExitStack() as patches:
        for module in MODULES:
            patches.enter_context(mock.patch(f"{module}.Dropout", keras.layers.Dropout))
        theirs = {f"{mode}_step_ms": _step_ms(mode == "xla") for mode in ("xla", "plain")}
    for mode, value in ours.items():
        print(f"{mode}: ours {value}, keras {theirs[mode]}")
    ratio = min(theirs.values()) / min(ours.values())
    figures = ours | {"keras_over_ours": round(ratio, 2)}
    data = {"name": "generated", "rows": ROWS}
    print(write_result("dropout", data, SEED, asdict(CONFIG), figures, {"keras": theirs}))


def _step_ms(jit: bool) -> float:
    """Median milliseconds of a training step."""
    keras.utils.set_random_seed(SEED)
    is_item = (np.arange(ITEMS) > 0) & (np.arange(ITEMS) < ITEMS - 1)
    model = RetrievalModel(
        {columns.ITEM_ID: np.arange(ITEMS)},
        is_item,
        is_item,
        {columns.ITEM_ID: ITEMS},
        {},
        (1.0, 5.0),
        CONFIG,
        full_softmax,
    )
    optimizer = adamw(CONFIG.learning_rate, CONFIG.weight_decay, 10, 1_000, CONFIG.clip_norm)
    model.compile(optimizer=optimizer, jit_compile=jit)
    inputs, targets = _batch()
    batches = tf.data.Dataset.from_tensors((inputs, targets)).repeat()
    times = _Times()
    model.fit(batches, steps_per_epoch=1 + RUNS, verbose=0, callbacks=[times])
    return round(1e3 * median(times.seconds[1:]), 1)


def _batch() -> tuple[dict[str, Any], Any]:
    random = np.random.default_rng(SEED)
    drawn = np.stack([random.permutation(np.arange(1, ITEMS - 1))[:EVENTS] for _ in range(ROWS)])
    inputs = {
        columns.HISTORY_ITEM_ID: tf.constant(drawn),
        columns.HISTORY_RATING: tf.fill((ROWS, EVENTS), np.float32(np.nan)),
        columns.HISTORY_TIMESTAMP: tf.zeros((ROWS, EVENTS), tf.int64),
    }
    return inputs, tf.constant(random.integers(1, ITEMS - 1, (ROWS, 1 + EVENTS)))


class _Times(keras.callbacks.Callback):
    """What each step took."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Starts the clock."""
        self.started = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Stops it."""
        self.seconds.append(time.perf_counter() - self.started)


if __name__ == "__main__":
    main()
