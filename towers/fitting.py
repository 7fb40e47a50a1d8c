"""Fits one retrieval model."""

from __future__ import annotations

from pathlib import Path

from schemas.config import RetrievalConfig
from schemas.histories import Histories, training_windows
from towers.model import RetrievalModel
from towers.optimizer import Schedule, adamw
from towers.tail import TailScorer
from towers.training.batches import WindowBatches
from towers.training.epoch_log import EpochLog
from towers.training.loop import Plan, Progress, run_epochs

WATCHED = "ndcg@10"


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
    watched = WATCHED if scorer is not None else ""
    plan = Plan(schedule.epochs, config.patience, watched, config.checkpoint_seconds)
    validate = None if scorer is None else lambda: {WATCHED: scorer.ndcg()}
    return run_epochs(model, batches, plan, log, checkpoint, progress, validate)
