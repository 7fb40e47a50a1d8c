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
from towers.tfrs_loss import TfrsLoss

POSITIONS, ITEMS, DIM, SEED, RUNS = 3_264, 1_684, 64, 1, 15
"""A batch of 64 windows of 51 positions against the catalogue of ml-100k."""


def main() -> None:
    """Measures, prints the ratio and writes the result."""
    times = {
        f"{name}_{mode}_ms": _milliseconds(loss, mode == "xla")
        for name, loss in (("full_softmax", full_softmax), ("tfrs", TfrsLoss()))
        for mode in ("xla", "plain")
    }
    ours = {k.removeprefix("full_softmax_"): v for k, v in times.items() if k[0] == "f"}
    theirs = {k.removeprefix("tfrs_"): v for k, v in times.items() if k[0] == "t"}
    for mode, value in ours.items():
        print(f"{mode}: full_softmax {value:.1f}, tfrs {theirs[mode]:.1f}")
    ratio = min(theirs.values()) / min(ours.values())
    print(f"best against best: tfrs takes {ratio:.2f} times as long")
    config = {"positions": POSITIONS, "items": ITEMS, "dim": DIM, "runs": RUNS}
    figures = ours | {"tfrs_over_full_softmax": round(ratio, 2)}
    data = {"name": "generated", "rows": POSITIONS}
    print(write_result("losses", data, SEED, config, figures, {"tfrs": theirs}))


def _milliseconds(loss: Callable[..., Any], jit: bool) -> float:
    random = np.random.default_rng(SEED)
    queries = tf.constant(random.normal(size=(POSITIONS, DIM)), tf.float32)
    catalogue = tf.constant(random.normal(size=(ITEMS, DIM)), tf.float32)
    positives = tf.constant(random.integers(1, ITEMS, POSITIONS))
    allowed = tf.constant(random.random((POSITIONS, ITEMS)) > 0.05)

    @tf.function(jit_compile=jit)
    def step() -> Any:
        with tf.GradientTape() as tape:
            tape.watch([queries, catalogue])
            value = tf.reduce_mean(loss(queries, positives, catalogue, allowed))
        return tape.gradient(value, [queries, catalogue])

    step()
    times = []
    for _ in range(RUNS):
        started = time.perf_counter()
        step()
        times.append(1e3 * (time.perf_counter() - started))
    return round(median(times), 2)


if __name__ == "__main__":
    main()
