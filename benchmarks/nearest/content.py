"""What every index is given and how it is measured.

All graphs have 16 links a node (32 on the lowest level) and 200 candidates while they are built,
which is what their authors' own benchmarks use for data of this size.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

NEIGHBOURS = 200
TARGET = 0.95
LINKS, BUILD_CANDIDATES = 16, 200
THREADS = 2
VECTORS, QUERIES, EXACT = "vectors.npy", "queries.npy", "exact.npy"
DEPTHS = tuple(round(NEIGHBOURS * 1.15**step) for step in range(24))
"""Candidates of a graph search to try: from the neighbours wanted to 25 times that."""
CHOOSING = 300
"""Queries that choose a peer's settings."""

Search = Callable[[np.ndarray], np.ndarray]
"""One query `[1, dim]` to the rows found."""


def dim(directory: Path) -> int:
    return int(np.load(directory / VECTORS, mmap_mode="r").shape[1])


def saved(directory: Path) -> str:
    return str(directory / "index")


def halves(directory: Path) -> np.ndarray:
    """`[2, queries, dim]`: those that choose settings, and those that figures are reported of."""
    queries = np.load(directory / QUERIES)
    return queries.reshape(2, -1, queries.shape[1])


def timed(
    directory: Path, add: Callable[[np.ndarray], Any], save: Callable[[str], Any]
) -> dict[str, float]:
    vectors = np.load(directory / VECTORS)
    started = time.perf_counter()
    add(vectors)
    seconds = time.perf_counter() - started
    save(saved(directory))
    return {"build_s": round(seconds, 1)}


def _recall(found: Iterable[np.ndarray], exact: np.ndarray) -> float:
    return float(np.mean([np.isin(e, f).mean() for f, e in zip(found, exact, strict=True)]))


def tuned(directory: Path, settings: Iterable[Search]) -> dict[str, float]:
    """The figures of the first setting that reaches the target, or of the last one."""
    exact = np.load(directory / EXACT)
    choosing = halves(directory)[0][:CHOOSING]
    for search in settings:
        found = [search(choosing[at : at + 1]) for at in range(len(choosing))]
        if _recall(found, exact[: len(choosing)]) >= TARGET:
            break
    return reported(directory, search)


def reported(directory: Path, search: Search) -> dict[str, float]:
    """Recall and times of queries that chose nothing, one after the other on one thread."""
    queries = halves(directory)[1]
    exact = np.load(directory / EXACT)[len(queries) :]
    found, times = [], []
    for at in range(len(queries)):
        started = time.perf_counter()
        found.append(search(queries[at : at + 1]))
        times.append(1e3 * (time.perf_counter() - started))
    return {
        "recall@200": round(_recall(found, exact), 4),
        "p50_ms": round(median(times), 3),
        "p99_ms": round(float(np.percentile(times, 99)), 3),
    }
