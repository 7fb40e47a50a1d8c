"""`matinee train retrieval`: prepared data to a retrieval artefact."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
import keras
from keras import ops

from schemas import columns
from schemas.artifacts import Artifact, resume_directory
from schemas.config import RetrievalConfig
from schemas.histories import Histories
from schemas.prepared import (
    is_item,
    item_sizes,
    load_card,
    load_histories,
    load_item_table,
    user_sizes,
)
from towers.candidates import write_candidates
from towers.export import export
from towers.fitting import fit
from towers.losses import full_softmax
from towers.model import RetrievalModel
from towers.optimizer import Schedule
from towers.queries import sample_queries
from towers.sampled_model import SampledRetrievalModel
from towers.tail import TailScorer, hold_back
from towers.training.devices import training_scope
from towers.training.epoch_log import EpochLog

Progress = Callable[[str, int, int], None]
"""(what is trained and how it goes, steps done, steps at most)."""

FINAL_WARMUP_STEPS = 20
"""The final fit begins with weights that are good already, but without the optimizer's averages."""
QUERIES = 10_000
"""Query vectors kept at most, for the index to measure its recall on."""


def train(
    prepared: Artifact, config: RetrievalConfig, out: Path, progress: Progress
) -> dict[str, Any]:
    """Trains and exports the retrieval model.

    Two fits. The *candidate model* leaves out the tail of each history: the events of the tail are
    its validation targets, and what it retrieves there is what the ranker learns from. The
    *final model* goes on from its best weights over all events but the test events, for a fixed
    number of epochs. Users with too few events for a test event are in both.

    Killed, it goes on where it was when it is called for a directory of the same version.

    Args:
        prepared: The prepared artefact.
        config: The stage's configuration.
        out: Empty directory to fill.
        progress: Called after every step.

    Returns:
        Figures for the manifest.
    """
    (out / "log").mkdir()
    with training_scope(config.devices, config.precision, config.batch_size):
        return _train(prepared, config, out, progress)


def _train(
    prepared: Artifact, config: RetrievalConfig, out: Path, progress: Progress
) -> dict[str, Any]:
    histories = load_histories(prepared, "fit")
    tail = hold_back(histories, config)

    candidate_model = new_model(prepared, tail.kept, config)
    scorer = TailScorer(candidate_model, tail, config.history_len)
    schedule = Schedule(config.epochs, config.learning_rate, config.warmup_steps)
    epochs = _fit(
        "candidate_model", candidate_model, tail.kept, config, schedule, out, progress, scorer
    )
    write_candidates(scorer, config.candidates, out / "candidates.npz")
    np.save(
        out / "candidate_vectors.npy", ops.convert_to_numpy(candidate_model.catalogue_vectors())
    )
    tables = candidate_model.item_tables()
    np.savez(out / "candidate_tables.npz", **{n: ops.convert_to_numpy(tables[n]) for n in tables})

    model = new_model(prepared, histories, config)
    model.set_weights(candidate_model.get_weights())
    schedule = Schedule(config.final_epochs, config.learning_rate, FINAL_WARMUP_STEPS)
    _fit("final_model", model, histories, config, schedule, out, progress)
    catalogue = pq.read_table(prepared.path / "catalogue.parquet", columns=[columns.ITEM_ID])
    export(model, prepared, catalogue[columns.ITEM_ID].to_pylist(), out)
    queries = sample_queries(model, histories, config.history_len, QUERIES, config.seed)
    np.save(out / "query_vectors.npy", queries)
    return {
        "epochs": epochs,
        "fitted_events": len(histories.item_id),
        "held_back_events": int(tail.counts.sum()),
        "parameters": model.count_params(),
    }


def _fit(
    name: str,
    model: RetrievalModel,
    histories: Histories,
    config: RetrievalConfig,
    schedule: Schedule,
    out: Path,
    progress: Progress,
    scorer: TailScorer | None = None,
) -> int:
    """One of the two fits, with its own log and checkpoint."""
    checkpoint = resume_directory(out) / f"{name}.npz"

    def report(text: str, done: int, steps: int) -> None:
        progress(f"{name.replace('_', ' ')}, {text}", done, steps)

    with EpochLog(out / "log", name) as log:
        return fit(model, histories, config, schedule, log, checkpoint, report, scorer)


def new_model(prepared: Artifact, histories: Histories, config: RetrievalConfig) -> RetrievalModel:
    """A model with fresh weights, the same for the same seed.

    Args:
        prepared: The prepared artefact.
        histories: The events that it will be fitted on.
        config: The stage's configuration.
    """
    keras.utils.set_random_seed(config.seed)
    items = is_item(prepared)
    counts = np.bincount(histories.item_id, minlength=len(items))
    sizes = item_sizes(prepared)
    read = list(sizes) if config.item_content else [columns.ITEM_ID]
    table = load_item_table(prepared)
    parts: dict[str, Any] = {
        "catalogue": {name: table[name] for name in read},
        "is_item": items,
        "is_fitted": counts > 0,
        "item_sizes": {name: sizes[name] for name in read},
        "user_sizes": user_sizes(prepared),
        "rating_range": load_card(prepared).rating_range,
        "config": config,
    }
    if config.loss == "sampled_softmax":
        return SampledRetrievalModel(counts=counts, **parts)
    if config.loss == "full_softmax":
        return RetrievalModel(loss=full_softmax, **parts)
    from towers.tfrs_loss import TfrsLoss  # TFRS and its legacy Keras take a second to import

    return RetrievalModel(loss=TfrsLoss(), **parts)
