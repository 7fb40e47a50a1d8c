"""Latency of every ranker on every shape, in a process that has the cores it was started with."""

from __future__ import annotations

import itertools
import json
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
import keras
import tensorflow as tf

from benchmarks.ranking_speed.by_bst import SequenceRanker, bst
from benchmarks.ranking_speed.by_matinee import ApartRanker, SavedRanker
from benchmarks.ranking_speed.content import Call, Shape, draw
from benchmarks.ranking_speed.exported import MODES, XLA
from schemas import columns
from schemas.artifacts import Artifact, open_artifact
from schemas.config import RankingConfig
from schemas.prepared import item_sizes, user_sizes

OURS, APART, PEER = "matinee", "matinee_apart", "bst"
SETTINGS, MODELS, PREPARED = "settings.json", "models", "prepared"
WARM_UP = 3

Figures = dict[str, float]
Ranker = Callable[[Call], Any]


def latencies(directory: Path) -> dict[str, dict[str, Figures]]:
    """Of our ranker, the same with each candidate by itself, and the peer: by shape and mode.

    Args:
        directory: `settings.json` with `shapes`, `seed`, `config` (the ranker's), `seconds` and
            `most_calls` of each measurement; `prepared/`; `models/` as `write_models` leaves it.
    """
    settings: dict[str, Any] = json.loads((directory / SETTINGS).read_text())
    cores = len(os.sched_getaffinity(0))
    tf.config.threading.set_intra_op_parallelism_threads(cores)
    tf.config.threading.set_inter_op_parallelism_threads(cores)
    prepared = open_artifact(directory / PREPARED)
    rankers = _rankers(directory, prepared, settings)
    found: dict[str, dict[str, Figures]] = {name: {} for name in rankers}
    for requests, owners, *size in settings["shapes"]:
        call = draw(prepared, Shape(requests, owners, *size), settings["seed"])
        for name, mode in itertools.product(rankers, MODES):
            limits = settings["seconds"], settings["most_calls"]
            took = measured(rankers[name][mode], call, *limits)
            found[name][f"{case(requests, owners)}_{mode}"] = took
    return found


def _rankers(
    directory: Path, prepared: Artifact, settings: dict[str, Any]
) -> dict[str, dict[str, Ranker]]:
    """Each ranker in each mode."""
    config = RankingConfig(**settings["config"])
    keras.utils.set_random_seed(settings["seed"])
    sizes = item_sizes(prepared)[columns.ITEM_ID], user_sizes(prepared)
    model = bst(*sizes, config.history_len + 1, config)
    ours = {mode: SavedRanker(directory / MODELS / mode) for mode in MODES}
    return {
        OURS: {**ours},
        APART: {mode: ApartRanker(ranker) for mode, ranker in ours.items()},
        PEER: {mode: SequenceRanker(model, jit_compile=mode == XLA) for mode in MODES},
    }


def case(requests: int, owners: int) -> str:
    """What a figure's name says of its shape."""
    return f"{requests}_requests_{owners}_owners"


def measured(rank: Ranker, call: Call, seconds: float, most_calls: int) -> Figures:
    """Times one call after the other, until either limit is reached, but at least once.

    `WARM_UP` calls before them trace, compile and are not counted; of calls that take longer than
    all the seconds, it is one.
    """
    started = time.perf_counter()
    for _ in range(WARM_UP):
        rank(call)
        if time.perf_counter() - started > seconds:
            break
    times: list[float] = []
    started = time.perf_counter()
    while not times or (time.perf_counter() - started < seconds and len(times) < most_calls):
        begun = time.perf_counter()
        rank(call)
        times.append(1e3 * (time.perf_counter() - begun))
    return figures(times)


def figures(milliseconds: Sequence[float]) -> Figures:
    """Percentiles of the calls; with fewer than a hundred, the 99th lies at the slowest."""
    p50, p99 = np.percentile(milliseconds, [50, 99])
    return {
        "p50_ms": round(float(p50), 3),
        "p99_ms": round(float(p99), 3),
        "calls": len(milliseconds),
    }
