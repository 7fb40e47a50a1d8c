"""Our retriever behind filters and with changes: what they cost, and what is still found."""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.nearest.content import NEIGHBOURS, VECTORS, halves
from schemas.artifacts import open_artifact
from serving.retriever import Retriever, open_retriever

SHARES = (0.5, 0.2, 0.1, 0.05, 0.02, 0.01)
QUERIES, SEED = 200, 1
BLOCK_SCORES = 1 << 26
"""Computed at once."""
CHANGED = 0.01
"""Share of items changed, as much as `index.rebuild_share` lets pass."""


def search(directory: Path) -> dict[str, float]:
    """Recall and median time for random filters of each share, then with changed items."""
    vectors, queries = np.load(directory / VECTORS), halves(directory)[1][:QUERIES]
    built, random = (
        open_retriever(open_artifact(directory / "matinee")),
        np.random.default_rng(SEED),
    )
    figures = {"exact_share": built.index.exact_share}
    for share in SHARES:
        allowed = random.random(len(vectors)) < share
        for name, value in _measured(built, vectors, queries, allowed).items():
            figures[f"share_{share}_{name}"] = value
    rows = random.choice(len(vectors), round(CHANGED * len(vectors)), replace=False)
    vectors[rows] = vectors[random.permutation(rows)]
    changed = built.with_items([str(row) for row in rows], vectors[rows])
    for name, value in _measured(changed, vectors, queries, None).items():
        figures[f"changed_{CHANGED}_{name}"] = value
    return figures


def _measured(
    retriever: Retriever, vectors: np.ndarray, queries: np.ndarray, allowed: np.ndarray | None
) -> dict[str, float]:
    nothing = [np.zeros(0, np.int64)]
    found, times = [], []
    for at in range(len(queries)):
        started = time.perf_counter()
        found.append(retriever.search(queries[at : at + 1], NEIGHBOURS, nothing, allowed))
        times.append(1e3 * (time.perf_counter() - started))
    # Only now: reading all vectors between two searches would empty the caches.
    rows = np.arange(len(vectors)) if allowed is None else np.flatnonzero(allowed)
    passing, count = vectors[rows], min(NEIGHBOURS, len(rows))
    block, recalls = max(1, BLOCK_SCORES // len(rows)), []
    for at in range(0, len(queries), block):
        for true, hits in zip(queries[at : at + block] @ passing.T, found[at:], strict=False):
            best = rows[np.argpartition(true, -count)[-count:]]
            recalls.append(np.isin(best, hits.rows[0]).mean())
    return {
        "recall@200": round(float(np.mean(recalls)), 4),
        "p50_ms": round(median(times), 3),
    }
