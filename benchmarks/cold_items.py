"""`python -m benchmarks.cold_items`: what retrieval makes of items that nobody has had yet.

A share of the items is left out of training altogether: every event with them is removed. Each
such event is then asked for, from its user's other events before it (those after it are fitted
too), and the whole catalogue is ranked but for what the user had before. Beside the default
settings: with more and without dropout of item ids, and with neither dropout nor content features,
where all unknown items are alike, in an order of chance among themselves.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.fits import fit_directory
from benchmarks.results import described, write_result
from commands.stages import Stages, fetch_dataset
from schemas import columns
from schemas.artifacts import Artifact, source_digest, write_json
from schemas.config import Config, RetrievalConfig
from schemas.histories import Histories, history_before
from schemas.prepared import is_item, load_histories

import schemas.tf_runtime  # noqa: F401  # isort: skip  (before TensorFlow)
import tensorflow as tf

from towers.fitting import fit
from towers.model import RetrievalModel
from towers.optimizer import Schedule
from towers.train import new_model
from towers.training.devices import training_scope
from towers.training.epoch_log import EpochLog

DATASET = "ml-100k"
SHARE = 0.05
LEAST_EVENTS = 5
"""Before a request, and of an item that is left out: with fewer there is little to measure."""
WIDTH, NARROW = 200, 20
BATCH = 64
CHECKPOINT = "fit.npz"
VARIANTS: dict[str, dict[str, Any]] = {
    "default": {},
    "item_id_dropout_0.3": {"item_id_dropout": 0.3},
    "without_id_dropout": {"item_id_dropout": 0.0},
    "without_content": {"item_content": False, "item_id_dropout": 0.0},
}


@dataclass(frozen=True)
class ColdRequests:
    """Events with items that were left out.

    Attributes:
        warm: All other events.
        user: `[requests]` int64, row of the user.
        end: `[requests]` int64, the user's warm events before, as an absolute event of `warm`.
        target: `[requests]` int64, index of the item.
        seen: For each request the items that the user had before, cold ones too.
    """

    warm: Histories
    user: NDArray[np.int64]
    end: NDArray[np.int64]
    target: NDArray[np.int64]
    seen: list[NDArray[np.int64]]


def main() -> None:
    """Fits every variant for every draw of items, prints the figures and writes the result."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cold_items", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("data"), help="of fetched datasets")
    parser.add_argument("--runs", type=Path, default=Path("runs/cold-items"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    arguments = parser.parse_args()
    source = fetch_dataset(DATASET, arguments.data)
    prepared = Stages(arguments.runs, Config()).prepare(source, [])
    found: dict[str, list[dict[str, float]]] = {name: [] for name in VARIANTS}
    for seed in arguments.seeds:
        requests = leave_out(load_histories(prepared, "fit"), is_item(prepared), seed)
        for name, settings in VARIANTS.items():
            config = replace(RetrievalConfig(), seed=seed, **settings)
            code = {"measured_by": source_digest(["benchmarks/cold_items"])}
            directory = fit_directory(arguments.runs / "fits", prepared, config, code)
            found[name].append(measured(prepared, requests, config, directory))
            print(f"seed {seed}, {name}: {found[name][-1]}", flush=True)
    peers = {name: summary(found[name]) for name in VARIANTS}
    drawing = {
        "share": SHARE,
        "least_events": LEAST_EVENTS,
        "seeds": arguments.seeds,
        "retrieval": asdict(RetrievalConfig()),
        "variants": VARIANTS,
    }
    ours = peers.pop("default")
    data = described(source, prepared)
    print(write_result("cold-items", data, arguments.seeds[0], drawing, ours, peers))


def leave_out(histories: Histories, items: NDArray[np.bool_], seed: int) -> ColdRequests:
    """Draws the items and takes their events out.

    Args:
        histories: All events.
        items: `[indices]` bool, which indices are items.
        seed: Of the draw.
    """
    counts = np.bincount(histories.item_id, minlength=len(items))
    known = np.flatnonzero(items & (counts >= LEAST_EVENTS))
    drawn = np.random.default_rng(seed).choice(known, round(SHARE * len(known)), replace=False)
    cold = np.isin(np.arange(len(items)), drawn)[histories.item_id]
    user = np.repeat(np.arange(len(histories.users)), histories.lengths)
    kept = np.bincount(user[~cold], minlength=len(histories.users))
    warm = Histories(
        histories.users,
        np.concatenate([[0], np.cumsum(kept)]),
        histories.item_id[~cold],
        histories.rating[~cold],
        histories.timestamp[~cold],
        histories.user_features,
    )
    warm_before = np.cumsum(~cold)  # of all users; an event of these is not counted as before
    asked = np.flatnonzero(cold)
    asked = asked[warm_before[asked] - warm.offsets[user[asked]] >= LEAST_EVENTS]
    seen = [histories.item_id[histories.offsets[user[e]] : e] for e in asked]
    return ColdRequests(warm, user[asked], warm_before[asked], histories.item_id[asked], seen)


def measured(
    prepared: Artifact, requests: ColdRequests, config: RetrievalConfig, directory: Path
) -> dict[str, float]:
    """The figures of one fit, from its directory if it was done before."""
    done = directory / "figures.json"
    if done.exists():
        return dict(json.loads(done.read_text()))
    model = fitted(prepared, requests.warm, config, directory)
    figures = recall(model, requests, config.history_len)
    write_json(done, figures)
    (directory / CHECKPOINT).unlink()
    return figures


def fitted(
    prepared: Artifact, warm: Histories, config: RetrievalConfig, directory: Path
) -> RetrievalModel:
    """A model of all warm events, trained for the epochs of the configuration."""
    with (
        training_scope(config.devices, config.precision, config.batch_size),
        EpochLog(directory, "fit") as log,
    ):
        model = new_model(prepared, warm, config)
        schedule = Schedule(config.epochs, config.learning_rate, config.warmup_steps)
        fit(model, warm, config, schedule, log, directory / CHECKPOINT, lambda *_: None)
    return model


def recall(model: RetrievalModel, requests: ColdRequests, history_len: int) -> dict[str, float]:
    """How often the item asked for is found, among the catalogue and among the cold items alone."""
    cold = np.unique(requests.target)
    is_item = np.asarray(model.is_candidate)
    wide, narrow, chance, narrow_chance = [], [], [], []
    for rows, scores in _scores(model, requests, history_len):
        for row, score in zip(rows, scores, strict=True):
            target, seen = requests.target[row], requests.seen[row]
            open_items = is_item.copy()
            open_items[seen] = False
            others = np.setdiff1d(cold, seen)
            wide.append(_found(score[open_items], score[target], WIDTH))
            narrow.append(_found(score[others], score[target], NARROW))
            chance.append(min(1.0, WIDTH / open_items.sum()))
            narrow_chance.append(min(1.0, NARROW / len(others)))
    return {
        f"recall@{WIDTH}": round(float(np.mean(wide)), 4),
        f"recall@{WIDTH}_of_chance": round(float(np.mean(chance)), 4),
        f"recall@{NARROW}_among_cold": round(float(np.mean(narrow)), 4),
        f"recall@{NARROW}_among_cold_of_chance": round(float(np.mean(narrow_chance)), 4),
        "requests": len(wide),
        "cold_items": len(cold),
    }


def summary(found: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Mean and deviation over the draws."""
    figures: dict[str, float] = {}
    for name in found[0]:
        values = [one[name] for one in found]
        figures[name] = round(mean(values), 4)
        if len(values) > 1:
            figures[f"{name}_deviation"] = round(stdev(values), 4)
    return figures


def _found(scores: NDArray[np.float32], own: np.float32, k: int) -> float:
    """Probability that the target is among the first k if equal scores are in random order."""
    ahead, level = int((scores > own).sum()), int((scores == own).sum())
    return min(1.0, max(0.0, (k - ahead) / level))


def _scores(
    model: RetrievalModel, requests: ColdRequests, history_len: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """Requests, and their scores of every index."""
    vectors = model.catalogue_vectors()
    encode = tf.function(model.newest_query, reduce_retracing=True)
    for start in range(0, len(requests.user), BATCH):
        rows = np.arange(start, min(start + BATCH, len(requests.user)))
        batch = history_before(requests.warm, requests.user[rows], requests.end[rows], history_len)
        batch[columns.REQUEST_TIMESTAMP] = np.zeros((len(rows), 1), np.int64)
        history = tf.gather(vectors, batch[columns.HISTORY_ITEM_ID])
        yield rows, encode(batch, history).numpy() @ vectors.numpy().T


if __name__ == "__main__":
    main()
