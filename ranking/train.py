"""`matinee train ranking`: prepared data and retrieval to a ranking artefact."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
import keras
import tensorflow as tf

from ranking.batches import TrainingBatches, list_inputs
from ranking.export import export
from ranking.model import Ranker
from ranking.samples import CandidateLists, load_candidate_lists, without_validated
from ranking.trainer import RankerTrainer
from schemas import columns
from schemas.artifacts import Artifact
from schemas.cards import Card
from schemas.config import RankingConfig
from schemas.histories import Histories
from schemas.prepared import item_sizes, load_card, load_histories, load_item_table, user_sizes
from towers.optimizer import adamw

Progress = Callable[[int, int, dict[str, float]], None]
"""(epochs done, epochs at most, figures of the last epoch)."""

CLIP_NORM = 5.0
"""Largest norm of all gradients of a step together."""
WARMUP_STEPS = 50
NDCG_K = 10
SCORE_BATCH = 64


def train(
    prepared: Artifact, retrieval: Artifact, config: RankingConfig, out: Path, progress: Progress
) -> dict[str, Any]:
    """Trains and exports the ranker.

    The newest event that retrieval held back of each user, with the candidates of the model that
    did not fit it, is what the log's validation figures are of. It is fitted on all other events
    but the test events; there is no refit.

    Args:
        prepared: The prepared artefact.
        retrieval: The retrieval artefact whose candidates it learns to order.
        config: The stage's configuration.
        out: Empty directory to fill.
        progress: Called after every epoch.

    Returns:
        Figures for the manifest.
    """
    everything = load_histories(prepared, "fit")
    lists, held = load_candidate_lists(retrieval.path / "candidates.npz", everything)
    _check_cutoffs(lists, config)
    fitted = without_validated(everything, held)
    trainer = new_trainer(prepared, fitted, config)
    start_from(
        trainer.ranker, np.load(retrieval.path / "candidate_vectors.npy", allow_pickle=False)
    )
    batches = TrainingBatches(fitted, lists, config)
    optimizer = adamw(
        config.learning_rate,
        config.weight_decay,
        WARMUP_STEPS,
        len(batches) * config.epochs,
        CLIP_NORM,
    )
    trainer.compile(optimizer=optimizer, jit_compile=config.jit)
    figures = _fit(trainer, batches, held, config, out / "log.jsonl", progress)
    export(trainer, prepared, out)
    return figures | {"parameters": trainer.ranker.count_params()}


def _check_cutoffs(lists: CandidateLists, config: RankingConfig) -> None:
    """One pass over a history scores all its held-back events, so it has to reach back to them."""
    slots = lists.target.shape[1]
    if config.history_len < slots - 1:
        raise ValueError(
            f"ranking.history_len: expected at least {slots - 1}, for retrieval.tail_events is "
            f"{slots + 1}, got {config.history_len}"
        )


def new_trainer(prepared: Artifact, fitted: Histories, config: RankingConfig) -> RankerTrainer:
    """A ranker with fresh weights in its training model, the same for the same seed."""
    keras.utils.set_random_seed(config.seed)
    card = load_card(prepared)
    ranker = Ranker(
        item_sizes(prepared),
        user_sizes(prepared),
        card.rating_range,
        _mean_rating(fitted, card),
        config,
    )
    return RankerTrainer(ranker, load_item_table(prepared), config)


def _mean_rating(histories: Histories, card: Card) -> float:
    """Mean of the ratings given; the middle of the scale where there are none."""
    given = histories.rating[~np.isnan(histories.rating)]
    return float(given.mean()) if len(given) else sum(card.rating_range) / 2


def start_from(ranker: Ranker, vectors: np.ndarray) -> None:
    """Sets the ranker's item embeddings to vectors of retrieval, which know what follows what.

    Args:
        ranker: A fresh ranker.
        vectors: `[indices, embedding_dim]`, of a retrieval model that did not fit the lists.

    Raises:
        ValueError: Ranker and retrieval have other widths.
    """
    table = ranker.item_tower.tables[columns.ITEM_ID].embeddings
    if tuple(table.shape) != vectors.shape:
        raise ValueError(
            f"ranking.embedding_dim: expected retrieval's {vectors.shape[1]}, got {table.shape[1]}"
        )
    table.assign(vectors)


class Validator:
    """Scores the newest held-back event of each user with the ranker's weights of now."""

    def __init__(self, trainer: RankerTrainer, held: CandidateLists, history_len: int):
        self.trainer, self.held, self.history_len = trainer, held, history_len
        self._score = tf.function(trainer.score, reduce_retracing=True)

    def figures(self) -> dict[str, float]:
        """NDCG@10 of the retrieved list as ranked, and RMSE of the target's rating if any is rated.

        A target that retrieval missed counts 0.
        """
        vectors = self.trainer.item_vectors()
        gains, errors = [], []
        for start in range(0, len(self.held.user), SCORE_BATCH):
            gain, error = self._batch(slice(start, start + SCORE_BATCH), vectors)
            gains.append(gain)
            errors.append(error)
        error = np.concatenate(errors)
        rated = error[~np.isnan(error)]
        found = {"validation_ndcg@10": float(np.concatenate(gains).mean())}
        if len(rated):
            found["validation_rmse"] = float(np.sqrt(np.square(rated).mean()))
        return found

    def _batch(self, rows: slice, vectors: Any) -> tuple[np.ndarray, np.ndarray]:
        held = self.held
        # The target rides along last, for its rating; its watch-next score is not looked at.
        items = np.concatenate([held.item_id[rows], held.target[rows][..., None]], axis=-1)
        scores = np.pad(held.score[rows], [(0, 0), (0, 0), (0, 1)])
        batch = list_inputs(held, rows, items, scores, self.history_len)
        found = self._score(batch, vectors, training=False)
        watch_next = found["watch_next"].numpy()[:, 0, :-1]
        rating = held.histories.rating[held.end[rows]]
        gain = _gain(watch_next, items[:, 0, :-1], items[:, 0, -1])
        return gain, found["rating"].numpy()[:, 0, -1, 0] - rating


def _fit(
    trainer: RankerTrainer,
    batches: TrainingBatches,
    held: CandidateLists,
    config: RankingConfig,
    log: Path,
    progress: Progress,
) -> dict[str, Any]:
    """All epochs; returns the figures of the last, where the learning rate has come down.

    None is picked by its validation figures: on ml-100k these differ by less between the later
    epochs than their error, and the luckiest one would mostly be an early one.
    """
    figures: dict[str, float] = {}
    validator = Validator(trainer, held, config.history_len)
    with log.open("w") as lines:
        for epoch in range(1, config.epochs + 1):
            started = time.perf_counter()
            fitted = trainer.fit(batches, verbose=0)
            figures = {name: float(values[0]) for name, values in fitted.history.items()}
            figures |= validator.figures()
            figures["seconds"] = round(time.perf_counter() - started, 3)
            lines.write(json.dumps({"epoch": epoch} | figures) + "\n")
            lines.flush()
            progress(epoch, config.epochs, figures)
    return figures


def _gain(scores: np.ndarray, items: np.ndarray, target: np.ndarray) -> np.ndarray:
    """NDCG@10 of each row's target, `[rows]`; equal scores rank ahead of it.

    Raises:
        ValueError: A score is NaN, because training diverged.
    """
    if np.isnan(scores).any():
        raise ValueError("ranking scores: expected numbers, got NaN: training diverged")
    scores = np.where(items == columns.PADDING, -np.inf, scores)
    is_target = items == target[:, None]
    own = np.where(is_target, scores, -np.inf).max(axis=1, keepdims=True)
    rank = (scores >= own).sum(axis=1)
    return np.where(is_target.any(axis=1) & (rank <= NDCG_K), 1 / np.log2(1 + rank), 0.0)
