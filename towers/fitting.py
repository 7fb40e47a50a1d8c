"""Fits one retrieval model: data order, optimizer, validation after every epoch."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
import tensorflow as tf

from schemas import columns
from schemas.config import RetrievalConfig
from schemas.histories import Histories, training_windows
from towers.model import RetrievalModel
from towers.optimizer import adamw
from towers.tail import TailScorer

WARMUP_STEPS = 100

Progress = Callable[[int, int, dict[str, float]], None]
"""(epochs done, epochs at most, figures of the last epoch)."""


def fit(
    model: RetrievalModel,
    histories: Histories,
    config: RetrievalConfig,
    log: Path,
    progress: Progress,
    epochs: int,
    scorer: TailScorer | None = None,
) -> int:
    """Trains in place.

    Args:
        model: A fresh model.
        histories: The events to fit.
        config: The stage's configuration.
        log: A JSON line per epoch goes here.
        progress: Called after every epoch.
        epochs: Epochs at most.
        scorer: If given, NDCG@10 of its events decides when to stop, and the weights of the best
            epoch stay.

    Returns:
        The number of epochs whose weights the model now has.
    """
    windows = training_windows(histories, config.history_len)
    dataset, steps = _dataset(windows, config)
    optimizer = adamw(
        config.learning_rate, config.weight_decay, WARMUP_STEPS, steps * config.epochs
    )
    model.compile(optimizer=optimizer, jit_compile=config.jit)
    best_ndcg, best_epoch, best_weights = -1.0, 0, None
    with log.open("w") as lines:
        for epoch in range(1, epochs + 1):
            started = time.perf_counter()
            fitted = model.fit(dataset, steps_per_epoch=steps, shuffle=False, verbose=0)
            figures = {"loss": float(fitted.history["loss"][0])}
            if scorer is not None:
                figures["ndcg@10"] = scorer.ndcg()
            figures["seconds"] = round(time.perf_counter() - started, 3)
            lines.write(json.dumps({"epoch": epoch} | figures) + "\n")
            lines.flush()
            progress(epoch, epochs, figures)
            if scorer is None:
                continue
            if figures["ndcg@10"] > best_ndcg:
                best_ndcg, best_epoch = figures["ndcg@10"], epoch
                best_weights = model.get_weights()
            elif epoch - best_epoch >= config.patience:
                break
    if best_weights is None:
        return epochs
    model.set_weights(best_weights)
    return best_epoch


def _dataset(
    windows: dict[str, np.ndarray], config: RetrievalConfig
) -> tuple[tf.data.Dataset, int]:
    """Endless shuffled batches of one static shape, and the batches of an epoch."""
    inputs = {k: v for k, v in windows.items() if not k.startswith("target_")}
    targets = windows[columns.TARGET_ITEM_ID]
    count = len(targets)
    dataset = tf.data.Dataset.from_tensor_slices((inputs, targets))
    dataset = dataset.shuffle(count, seed=config.seed, reshuffle_each_iteration=True).repeat()
    dataset = dataset.batch(config.batch_size, drop_remainder=True)
    return dataset.prefetch(tf.data.AUTOTUNE), max(1, round(count / config.batch_size))
