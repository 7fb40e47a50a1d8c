"""Fits one retrieval model: epochs, validation, early stopping, and going on after a kill."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
import keras

from schemas.config import RetrievalConfig
from schemas.histories import Histories, training_windows
from towers.model import RetrievalModel
from towers.optimizer import Schedule, adamw
from towers.tail import TailScorer
from towers.training.batches import WindowBatches
from towers.training.checkpoints import Checkpoint, State
from towers.training.epoch_log import EpochLog
from towers.training.steps import TakeSteps, steps_of
from towers.training.workers import of_first_worker, several_workers, take_from_first_worker

Progress = Callable[[str, int, int], None]
"""(where the fit is and its newest figures, steps done, steps at most)."""


def fit(
    model: RetrievalModel,
    histories: Histories,
    config: RetrievalConfig,
    schedule: Schedule,
    log: EpochLog,
    checkpoint: Path,
    progress: Progress,
    scorer: TailScorer | None = None,
) -> int:
    """Trains in place, from where an earlier attempt was killed if there was one.

    Args:
        model: Not compiled yet.
        histories: The events to fit.
        config: The stage's configuration.
        schedule: Of the learning rate; its epochs are the most that are run.
        log: Takes the figures of every epoch.
        checkpoint: File of the run's state, which goes on from it if it exists.
        progress: Called after every step.
        scorer: If given, NDCG@10 of its events decides when to stop, and the weights of the best
            epoch stay.

    Returns:
        The number of epochs whose weights the model now has.
    """
    windows = training_windows(histories, config.history_len)
    batches = WindowBatches(windows, config.batch_size, config.seed)
    optimizer = adamw(
        schedule.learning_rate,
        config.weight_decay,
        schedule.warmup_steps,
        batches.steps * schedule.epochs,
        config.clip_norm,
    )
    model.compile(optimizer=optimizer, jit_compile=config.jit)
    take_steps = steps_of(model)
    if several_workers():
        take_from_first_worker(checkpoint)
    kept = Checkpoint(checkpoint, model)
    state = kept.restore()
    for line in state.lines:
        log.write(line)
    while state.epoch <= schedule.epochs and not _stopped(state, config, scorer):
        figures = _epoch(take_steps, batches, state, kept, config, progress, schedule.epochs)
        if scorer is not None:
            figures["ndcg@10"] = _validated(scorer)
            if figures["ndcg@10"] > state.best:
                state.best, state.best_epoch = figures["ndcg@10"], state.epoch
                kept.best_weights = model.get_weights()
        log.write(figures)
        state.lines.append(figures)
        state.epoch, state.step, state.loss, state.seconds = state.epoch + 1, 0, 0.0, 0.0
        kept.save(state)
    if scorer is None:
        return schedule.epochs
    model.set_weights(kept.best_weights)
    return state.best_epoch


def _stopped(state: State, config: RetrievalConfig, scorer: TailScorer | None) -> bool:
    """Whether too many epochs have passed since the best."""
    return scorer is not None and state.epoch - 1 - state.best_epoch >= config.patience


def _validated(scorer: TailScorer) -> float:
    """NDCG@10, the same in all workers, so that they stop together."""
    figure = scorer.ndcg()
    return float(of_first_worker(np.array(figure))) if several_workers() else figure


def _epoch(
    take_steps: TakeSteps,
    batches: WindowBatches,
    state: State,
    checkpoint: Checkpoint,
    config: RetrievalConfig,
    progress: Progress,
    epochs: int,
) -> dict[str, float]:
    """The steps of an epoch that are not done yet; its figures."""
    latest = "".join(f", {n} {v:.4g}" for n, v in (state.lines or [{}])[-1].items() if "@" in n)

    def after_step() -> None:
        done = (state.epoch - 1) * batches.steps + state.step
        text = f"epoch {state.epoch} of {epochs}, loss {state.loss:.4g}{latest}"
        progress(text, done, epochs * batches.steps)

    if state.step < batches.steps:  # Keras takes 0 steps for "as many as there are"
        take_steps(
            batches.epoch(state.epoch, state.step),
            batches.steps - state.step,
            _Steps(state, checkpoint, config.checkpoint_seconds, after_step),
        )
    return {"epoch": state.epoch, "loss": state.loss, "seconds": round(state.seconds, 3)}


class _Steps(keras.callbacks.Callback):
    """Keeps the state up to date with every step, and now and then on disk."""

    def __init__(
        self, state: State, checkpoint: Checkpoint, seconds: float, after_step: Callable[[], None]
    ):
        super().__init__()
        self.state, self.checkpoint, self.seconds = state, checkpoint, seconds
        self.after_step = after_step
        self.first_step, self.loss_before = state.step, state.loss * state.step
        self.seconds_before = state.seconds
        self.started = self.saved = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Keras gives the mean loss of the steps since its epoch began, which was `first_step`."""
        self.state.step += 1
        since = self.state.step - self.first_step
        total = self.loss_before + float((logs or {})["loss"]) * since
        self.state.loss = total / self.state.step
        self.state.seconds = self.seconds_before + time.monotonic() - self.started
        self.after_step()
        if time.monotonic() - self.saved >= self.seconds:
            self.checkpoint.save(self.state)
            self.saved = time.monotonic()
