"""hnswlib: a hierarchical graph over full vectors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import hnswlib
import numpy as np

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
    index = hnswlib.Index("ip", dim(directory))

    def add(every: np.ndarray) -> None:
        index.init_index(len(every), M=LINKS, ef_construction=BUILD_CANDIDATES)
        index.add_items(every, num_threads=THREADS)

    return timed(directory, add, index.save_index)


def search(directory: Path) -> dict[str, float]:
    """The same, opened."""
    index = hnswlib.Index("ip", dim(directory))
    index.load_index(saved(directory))

    def settings() -> Iterator[Search]:
        for depth in DEPTHS:
            index.set_ef(depth)
            yield lambda query: index.knn_query(query, NEIGHBOURS, num_threads=1)[0][0]

    return tuned(directory, settings())
