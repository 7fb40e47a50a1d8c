"""`matinee train ranking`: prepared data and retrieval to a ranking artefact."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
import keras
from keras import ops

from ranking.affinities import count_affinities
from ranking.batches import RATING_PARTS, TrainingBatches
from ranking.easy_negatives import EasyNegatives
from ranking.export import export
from ranking.item_memory import ItemMemory, remember, remembered
from ranking.known_ratings import count_ratings
from ranking.model import Ranker
from ranking.samples import CandidateLists, load_candidate_lists, without_validated
from ranking.trainer import RankerTrainer
from ranking.validation import Validator
from schemas import columns
from schemas.artifacts import Artifact, resume_directory
from schemas.cards import Card
from schemas.config import RankingConfig
from schemas.histories import Histories
from schemas.prepared import (
    is_item,
    item_sizes,
    load_card,
    load_histories,
    load_item_table,
    user_sizes,
)
from towers.optimizer import adamw
from towers.training.epoch_log import EpochLog
from towers.training.loop import Plan, Progress, run_epochs

NAME = "ranker"
"""Of the log and the checkpoint."""
CLIP_NORM = 5.0
"""Largest norm of all gradients of a step together."""
WARMUP_STEPS = 50


def train(
    prepared: Artifact, retrieval: Artifact, config: RankingConfig, out: Path, progress: Progress
) -> dict[str, Any]:
    """Trains and exports the ranker.

    The newest event that retrieval held back of each user, with the candidates of the model that
    did not fit it, is what the log's validation figures are of. It is fitted on all other events
    but the test events; there is no refit. What is known of pairs of items and of ratings, which is
    counted and not learned, is exported as counted over all of them.

    Killed, it goes on where it was when it is called for a directory of the same version.

    Args:
        prepared: The prepared artefact.
        retrieval: The retrieval artefact whose candidates it learns to order.
        config: The stage's configuration.
        out: Empty directory to fill.
        progress: Called after every step.

    Returns:
        Figures for the manifest.
    """
    everything = load_histories(prepared, "fit")
    lists, held, before = load_candidate_lists(
        retrieval.path / "candidates.npz", everything, config.attention_len
    )
    fitted = without_validated(everything, held)
    indices = item_sizes(prepared)[columns.ITEM_ID]
    # Nothing here keeps the arrays: of a large catalogue they are gigabytes.
    trainer = new_trainer(
        prepared,
        fitted,
        remembered(
            count_affinities(before, indices, config),
            count_ratings(fitted, indices, config.neighbours, RATING_PARTS),
        ),
        config,
    )
    vectors = np.load(retrieval.path / "candidate_vectors.npy", allow_pickle=False)
    start_from(trainer.ranker, start_tables(retrieval, vectors, config))
    easy = EasyNegatives(lists, vectors, is_item(prepared))
    batches = TrainingBatches(fitted, lists, easy, config)
    epochs = _fit(trainer, batches, held, config, out, progress)
    export(trainer, remember(everything, indices, config), prepared, out)
    lines = (out / "log" / f"{NAME}.jsonl").read_text().splitlines()
    return json.loads(lines[epochs - 1]) | {"parameters": trainer.ranker.count_params()}


def _fit(
    trainer: RankerTrainer,
    batches: TrainingBatches,
    held: CandidateLists,
    config: RankingConfig,
    out: Path,
    progress: Progress,
) -> int:
    """Trains in place; returns the number of epochs whose weights it now has."""
    optimizer = adamw(
        config.learning_rate,
        config.weight_decay,
        WARMUP_STEPS,
        batches.steps * config.epochs,
        CLIP_NORM,
    )
    trainer.compile(optimizer=optimizer, jit_compile=config.jit)
    plan = Plan(
        config.epochs,
        config.patience,
        "validation_ndcg@10" if config.patience else "",
        config.checkpoint_seconds,
    )
    validator = Validator(trainer, held, config.history_len)
    checkpoint = resume_directory(out) / f"{NAME}.npz"
    (out / "log").mkdir()
    with EpochLog(out / "log", NAME) as log:
        return run_epochs(trainer, batches, plan, log, checkpoint, progress, validator.figures)


def new_trainer(
    prepared: Artifact, fitted: Histories, memory: dict[str, np.ndarray], config: RankingConfig
) -> RankerTrainer:
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
    tensors = {name: ops.convert_to_tensor(values) for name, values in memory.items()}
    return RankerTrainer(ranker, load_item_table(prepared), ItemMemory(tensors), config)


def _mean_rating(histories: Histories, card: Card) -> float:
    """Mean of the ratings given; the middle of the scale where there are none."""
    given = histories.rating[~np.isnan(histories.rating)]
    return float(given.mean()) if len(given) else sum(card.rating_range) / 2


def start_tables(
    retrieval: Artifact, vectors: np.ndarray, config: RankingConfig
) -> dict[str, np.ndarray]:
    """What the ranker's item embeddings begin with: see `start_from`.

    Where an item is to be its id alone, the id begins with all that retrieval says of the item: the
    id's own part of that was never used by itself.

    Args:
        retrieval: The artefact.
        vectors: Its `candidate_vectors.npy`, `[items, embedding_dim]` float32.
        config: The stage's configuration.

    Returns:
        Of ids and of each content feature that an item has, float32 `[indices, embedding_dim]`; of
        a model that did not fit the lists.
    """
    if "item_content" in config.without:
        return {columns.ITEM_ID: vectors}
    with np.load(retrieval.path / "candidate_tables.npz", allow_pickle=False) as tables:
        return dict(tables)


def start_from(ranker: Ranker, tables: Mapping[str, np.ndarray]) -> None:
    """Sets the ranker's item embeddings to those of retrieval, which know what follows what.

    Ids and content each to their own, so that a new item begins where retrieval places its content.

    Args:
        ranker: A fresh ranker.
        tables: As `start_tables` gives them: without those of content, that stays fresh.

    Raises:
        ValueError: Ranker and retrieval have other widths.
    """
    for name, layer in ranker.item_tower.tables.items():
        if name not in tables:
            continue
        table, width = tables[name], layer.embeddings.shape[1]
        if table.shape[1] != width:
            raise ValueError(
                f"ranking.embedding_dim: expected retrieval's {table.shape[1]}, got {width}"
            )
        layer.embeddings.assign(table)
