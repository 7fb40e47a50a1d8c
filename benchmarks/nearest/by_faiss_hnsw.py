"""Faiss: a hierarchical graph over full vectors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import faiss

from benchmarks.nearest.content import (
    BUILD_CANDIDATES,
    DEPTHS,
    LINKS,
    NEIGHBOURS,
    THREADS,
    Search,
    dim,
    saved,
    timed,
    tuned,
)


def build(directory: Path) -> dict[str, float]:
    """Hierarchical graph over full vectors."""
    faiss.omp_set_num_threads(THREADS)
    index = faiss.IndexHNSWFlat(dim(directory), LINKS, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = BUILD_CANDIDATES
    return timed(directory, index.add, lambda to: faiss.write_index(index, to))


def search(directory: Path) -> dict[str, float]:
    """The same, opened."""
    faiss.omp_set_num_threads(1)
    index = faiss.read_index(saved(directory))

    def settings() -> Iterator[Search]:
        for depth in DEPTHS:
            index.hnsw.efSearch = depth
            yield lambda query: index.search(query, NEIGHBOURS)[1][0]

    return tuned(directory, settings())
