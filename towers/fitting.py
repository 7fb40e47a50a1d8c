"""Fits one retrieval model: data order, optimizer, validation after every epoch."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
import keras
import tensorflow as tf
from keras import ops

from schemas import columns
from schemas.config import RetrievalConfig
from schemas.histories import Histories, history_before, training_windows
from towers.model import RetrievalModel

SCORE_BATCH = 256
NDCG_K = 10
WARMUP_STEPS = 100

Progress = Callable[[int, int, dict[str, float]], None]
"""(epochs done, epochs at most, figures of the last epoch)."""


@dataclass(frozen=True)
class Targets:
    """Held-back events for validation: each user's first one after the training part.

    Attributes:
        batch: `history_*` and user features, as `RetrievalModel` takes them.
        seen: `[users, indices]` bool: what is left out of the ranking.
        item_id: `[users]` int64.
    """

    batch: dict[str, np.ndarray]
    seen: np.ndarray
    item_id: np.ndarray


def fit(
    model: RetrievalModel,
    histories: Histories,
    config: RetrievalConfig,
    log: Path,
    progress: Progress,
    epochs: int,
    targets: Targets | None = None,
) -> int:
    """Trains in place.

    Args:
        model: A fresh model.
        histories: The events to fit.
        config: The stage's configuration.
        log: A JSON line per epoch goes here.
        progress: Called after every epoch.
        epochs: Epochs at most.
        targets: If given, NDCG@10 on them decides when to stop, and the best epoch's weights stay.

    Returns:
        The number of epochs whose weights the model now has.
    """
    windows = training_windows(histories, config.history_len)
    dataset, steps = _dataset(windows, config)
    model.compile(optimizer=_optimizer(config, steps), jit_compile=config.jit)
    best_ndcg, best_epoch, best_weights = -1.0, 0, None
    with log.open("w") as lines:
        for epoch in range(1, epochs + 1):
            started = time.perf_counter()
            fitted = model.fit(dataset, steps_per_epoch=steps, verbose=0)
            figures = {"loss": float(fitted.history["loss"][0])}
            if targets is not None:
                figures["ndcg@10"] = validation_ndcg(model, targets)
            figures["seconds"] = round(time.perf_counter() - started, 3)
            lines.write(json.dumps({"epoch": epoch} | figures) + "\n")
            lines.flush()
            progress(epoch, epochs, figures)
            if targets is None:
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


def queries(model: RetrievalModel, batch: dict[str, np.ndarray]) -> np.ndarray:
    """Query after the newest event of each row, `[rows, embedding_dim]` float32."""
    rows = len(batch[columns.HISTORY_ITEM_ID])
    vectors = model.catalogue_vectors()
    encode = tf.function(model.newest_query, reduce_retracing=True)
    parts = [
        encode({name: v[start : start + SCORE_BATCH] for name, v in batch.items()}, vectors)
        for start in range(0, rows, SCORE_BATCH)
    ]
    return np.concatenate([part.numpy() for part in parts])


def validation_targets(histories: Histories, lengths: np.ndarray, config: RetrievalConfig) -> Targets:
    """The event after the first `lengths[u]` of each user who has one."""
    users = np.flatnonzero(lengths < histories.lengths)
    ends = histories.offsets[users] + lengths[users]
    return Targets(
        batch=history_before(histories, users, ends, config.history_len),
        seen=seen_matrix(histories, users, ends),
        item_id=histories.item_id[ends],
    )


def seen_matrix(histories: Histories, users: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """`[rows, indices]` bool: the items of each user's events before absolute position `ends`."""
    counts = ends - histories.offsets[users]
    rows = np.repeat(np.arange(len(users)), counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    items = histories.item_id[np.repeat(histories.offsets[users], counts) + within]
    seen = np.zeros((len(users), histories.item_id.max(initial=0) + 1), bool)
    seen[rows, items] = True
    return seen


def unseen_scores(
    model: RetrievalModel, batch: dict[str, np.ndarray], seen: np.ndarray
) -> np.ndarray:
    """Inner products `[rows, indices]` float32; -inf for what was seen and for what is no item."""
    catalogue = ops.convert_to_numpy(model.catalogue_vectors())
    scores = queries(model, batch) @ catalogue.T
    scores[:, ~ops.convert_to_numpy(model.is_candidate)] = -np.inf
    scores[:, : seen.shape[1]][seen] = -np.inf
    return scores


def validation_ndcg(model: RetrievalModel, targets: Targets) -> float:
    """NDCG@10 of the targets among all unseen items."""
    scores = unseen_scores(model, targets.batch, targets.seen)
    own = np.take_along_axis(scores, targets.item_id[:, None], axis=1)
    rank = 1 + (scores > own).sum(axis=1)
    return float(np.where(rank <= NDCG_K, 1 / np.log2(1 + rank), 0.0).mean())


def _dataset(windows: dict[str, np.ndarray], config: RetrievalConfig) -> tuple[tf.data.Dataset, int]:
    """Endless shuffled batches of one static shape, and the batches of an epoch."""
    inputs = {k: v for k, v in windows.items() if not k.startswith("target_")}
    targets = windows[columns.TARGET_ITEM_ID]
    count = len(targets)
    dataset = tf.data.Dataset.from_tensor_slices((inputs, targets))
    dataset = dataset.shuffle(count, seed=config.seed, reshuffle_each_iteration=True).repeat()
    dataset = dataset.batch(config.batch_size, drop_remainder=True)
    return dataset.prefetch(tf.data.AUTOTUNE), max(1, round(count / config.batch_size))


def _optimizer(config: RetrievalConfig, steps: int) -> keras.optimizers.Optimizer:
    schedule = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0,
        warmup_target=config.learning_rate,
        warmup_steps=WARMUP_STEPS,
        decay_steps=max(steps * config.epochs - WARMUP_STEPS, 1),
        alpha=0.05,
    )
    return keras.optimizers.AdamW(schedule, weight_decay=config.weight_decay, global_clipnorm=5.0)
