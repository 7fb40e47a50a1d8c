"""The epochs of a fit: steps, validation, early stopping, and going on after a kill."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
import keras

from towers.training.checkpoints import Checkpoint, State
from towers.training.epoch_log import EpochLog
from towers.training.steps import TakeSteps, steps_of
from towers.training.workers import of_first_worker, several_workers, take_from_first_worker

Progress = Callable[[str, int, int], None]
"""(where the fit is and its newest figures, steps done, steps at most)."""
Validate = Callable[[], dict[str, float]]
"""Figures of the model's weights of now."""


class Batches(Protocol):
    """What is trained on."""

    steps: int
    """Of an epoch."""

    def epoch(self, number: int, first_step: int = 0) -> Iterable[Any]:
        """The batches of an epoch, from 1, from one of its steps on: always the same."""


@dataclass(frozen=True)
class Plan:
    """How long a fit goes on.

    Attributes:
        epochs: At most.
        patience: Epochs without a better `watched` figure before it stops.
        watched: The validation figure, more being better, by which it stops early and whose best
            epoch's weights stay; "": all epochs are run, and the last one's weights stay.
        checkpoint_seconds: At most so much is lost by a kill.
    """

    epochs: int
    patience: int
    watched: str
    checkpoint_seconds: float


def run_epochs(
    model: keras.Model,
    batches: Batches,
    plan: Plan,
    log: EpochLog,
    checkpoint: Path,
    progress: Progress,
    validate: Validate | None = None,
) -> int:
    """Trains in place, from where an earlier attempt was killed if there was one.

    Args:
        model: Compiled.
        batches: What it is trained on.
        plan: How long.
        log: Takes the figures of every epoch.
        checkpoint: File of the run's state, which goes on from it if it exists.
        progress: Called after every step.
        validate: Called after every epoch; needed for a watched figure.

    Returns:
        The number of epochs whose weights the model now has.

    Raises:
        ValueError: A step's loss or a weight is not finite, because training diverged.
    """
    take_steps = steps_of(model)
    if several_workers():
        take_from_first_worker(checkpoint)
    kept = Checkpoint(checkpoint, model)
    state = kept.restore()
    for line in state.lines:
        log.write(line)
    while state.epoch <= plan.epochs and not _stopped(state, plan):
        figures = _epoch(take_steps, batches, state, kept, plan, progress)
        if validate is not None:
            figures |= _validated(validate)
        if plan.watched and figures[plan.watched] > state.best:
            state.best, state.best_epoch = figures[plan.watched], state.epoch
            kept.best_weights = model.get_weights()
        log.write(figures)
        state.lines.append(figures)
        state.epoch, state.step, state.means, state.seconds = state.epoch + 1, 0, {}, 0.0
        kept.save(state)
    if not plan.watched:
        return plan.epochs
    model.set_weights(kept.best_weights)
    return state.best_epoch


def _stopped(state: State, plan: Plan) -> bool:
    """Whether too many epochs have passed since the best."""
    return bool(plan.watched) and state.epoch - 1 - state.best_epoch >= plan.patience


def _validated(validate: Validate) -> dict[str, float]:
    """The figures, the same in all workers, so that they stop together."""
    figures = validate()
    if not several_workers():
        return figures
    return {name: float(of_first_worker(np.array(value))) for name, value in figures.items()}


def _epoch(
    take_steps: TakeSteps,
    batches: Batches,
    state: State,
    checkpoint: Checkpoint,
    plan: Plan,
    progress: Progress,
) -> dict[str, float]:
    """The steps of an epoch that are not done yet; its figures."""
    latest = "".join(f", {n} {v:.4g}" for n, v in (state.lines or [{}])[-1].items() if "@" in n)

    def after_step() -> None:
        done = (state.epoch - 1) * batches.steps + state.step
        text = f"epoch {state.epoch} of {plan.epochs}, loss {state.means['loss']:.4g}{latest}"
        progress(text, done, plan.epochs * batches.steps)

    if state.step < batches.steps:  # Keras takes 0 steps for "as many as there are"
        take_steps(
            batches.epoch(state.epoch, state.step),
            batches.steps - state.step,
            _Steps(state, checkpoint, plan.checkpoint_seconds, after_step),
        )
    return {"epoch": state.epoch, **state.means, "seconds": round(state.seconds, 3)}


class _Steps(keras.callbacks.Callback):
    """Keeps the state up to date with every step, and now and then on disk."""

    def __init__(
        self, state: State, checkpoint: Checkpoint, seconds: float, after_step: Callable[[], None]
    ):
        super().__init__()
        self.state, self.checkpoint, self.seconds = state, checkpoint, seconds
        self.after_step = after_step
        self.first_step, self.before = state.step, dict(state.means)
        self.seconds_before = state.seconds
        self.started = self.saved = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Keras gives means over the steps since its epoch began, which was `first_step`."""
        self.state.step += 1
        before, since = self.first_step, self.state.step - self.first_step
        self.state.means = {
            name: (self.before.get(name, 0.0) * before + float(value) * since) / self.state.step
            for name, value in (logs or {}).items()
        }
        where = f"loss of epoch {self.state.epoch}, step {self.state.step}"
        self.checkpoint.require_finite(where, np.array(self.state.means["loss"]))
        self.state.seconds = self.seconds_before + time.monotonic() - self.started
        self.after_step()
        if time.monotonic() - self.saved >= self.seconds:
            self.checkpoint.save(self.state)
            self.saved = time.monotonic()
