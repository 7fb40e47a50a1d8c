"""`python -m benchmarks.losses`: value and gradients of both whole-catalogue losses, timed."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np

from towers.losses import full_softmax

# isort: split
import tensorflow as tf

from benchmarks.results import write_result
from towers.negatives import negatives_of
from towers.tfrs_loss import TfrsLoss

SEED, RUNS, DIM = 1, 7, 64
SHAPES = {
    "ml-100k": (64, 50, 1_684, 0.9),
    "ml-1m": (128, 200, 3_708, 0.55),
    "100k-items": (8, 50, 100_000, 0.9),
}
"""Rows and events of a batch, items, and the share of positions that have a target."""


def main() -> None:
    """Measures, prints the ratios and writes the result."""
    ours: dict[str, float] = {}
    theirs: dict[str, float] = {}
    for shape, sizes in SHAPES.items():
        for mode in ("xla", "plain"):
            name = f"{shape}_{mode}_ms"
            ours[name] = _milliseconds(full_softmax, mode == "xla", *sizes)
            theirs[name] = _milliseconds(TfrsLoss(), mode == "xla", *sizes)
            print(f"{name}: full_softmax {ours[name]}, tfrs {theirs[name]}", flush=True)
        best = [min(t[f"{shape}_{m}_ms"] for m in ("xla", "plain")) for t in (theirs, ours)]
        ours[f"{shape}_tfrs_over_full_softmax"] = round(best[0] / best[1], 2)
    config = {"dim": DIM, "runs": RUNS, "shapes": SHAPES}
    data = {"name": "generated", "rows": [rows for rows, *_ in SHAPES.values()]}
    print(write_result("losses", data, SEED, config, ours, {"tfrs": theirs}))


def _milliseconds(
    loss: Callable[..., Any], jit: bool, rows: int, events: int, items: int, share: float
) -> float:
    random = np.random.default_rng(SEED)
    positions = rows * (1 + events)
    queries = tf.constant(random.normal(size=(positions, DIM)), tf.float32)
    catalogue = tf.constant(random.normal(size=(items, DIM)), tf.float32)
    targets = random.integers(1, items, positions)
    targets = tf.constant(np.where(random.random(positions) < share, targets, 0))
    drawn = [random.permutation(np.arange(1, items))[:events] for _ in range(rows)]
    history, is_negative = tf.constant(np.stack(drawn)), tf.constant(np.arange(items) > 0)

    @tf.function(jit_compile=jit)
    def step() -> Any:
        with tf.GradientTape() as tape:
            tape.watch([queries, catalogue])
            negatives = negatives_of(history, is_negative, mask_seen=True)
            value = loss(queries, targets, catalogue, negatives)
        return value, tape.gradient(value, [queries, catalogue])

    step()
    times = []
    for _ in range(RUNS):
        started = time.perf_counter()
        step()[0].numpy()
        times.append(1e3 * (time.perf_counter() - started))
    return round(median(times), 2)


if __name__ == "__main__":
    main()
