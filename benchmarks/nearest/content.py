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
    """Builds an index of the vectors and saves it; seconds of building alone."""
    vectors = np.load(directory / VECTORS)
    started = time.perf_counter()
    add(vectors)
    seconds = time.perf_counter() - started
    save(saved(directory))
    return {"build_s": round(seconds, 1)}


def _recall(found: Iterable[np.ndarray], exact: np.ndarray) -> float:
    return float(np.mean([np.isin(e, f).mean() for f, e in zip(found, exact, strict=True)]))


def tuned(directory: Path, *families: Iterable[Search]) -> dict[str, float]:
    """Chooses a search on some queries and measures it on others that chose nothing.

    Args:
        directory: Of the vectors, the queries and what an exact search finds.
        *families: Searches, each family from cheap to dear. The first of each that reaches the
            target counts, or else its last; of these the fastest that reaches it, or else the one
            that finds most.
    """
    queries = halves(directory)[0][:CHOOSING]
    exact = np.load(directory / EXACT)[: len(queries)]
    candidates = [_first_that_reaches(settings, queries, exact) for settings in families]
    reaching = [each for each in candidates if each[1]["recall@200"] >= TARGET]
    if reaching:
        search = min(reaching, key=lambda each: each[1]["p50_ms"])[0]
    else:
        search = max(candidates, key=lambda each: each[1]["recall@200"])[0]
    return reported(directory, search)


def reported(directory: Path, search: Search) -> dict[str, float]:
    """The figures of a search on the queries that chose nothing."""
    queries = halves(directory)[1]
    return _measured(search, queries, np.load(directory / EXACT)[len(queries) :])


def _first_that_reaches(
    settings: Iterable[Search], queries: np.ndarray, exact: np.ndarray
) -> tuple[Search, dict[str, float]]:
    for search in settings:
        figures = _measured(search, queries, exact)
        if figures["recall@200"] >= TARGET:
            break
    return search, figures


def _measured(search: Search, queries: np.ndarray, exact: np.ndarray) -> dict[str, float]:
    """Recall and times of queries, one after the other on one thread."""
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
