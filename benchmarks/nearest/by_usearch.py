"""USearch: a hierarchical graph over full vectors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from usearch.index import Index

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
    index = Index(
        ndim=dim(directory),
        metric="ip",
        dtype="f32",
        connectivity=LINKS,
        expansion_add=BUILD_CANDIDATES,
    )

    def add(every: np.ndarray) -> None:
        index.add(np.arange(len(every)), every, threads=THREADS)

    return timed(directory, add, index.save)


def search(directory: Path) -> dict[str, float]:
    """The same, opened."""
    index = Index.restore(saved(directory))

    def settings() -> Iterator[Search]:
        for depth in DEPTHS:
            index.expansion_search = depth
            yield lambda query: np.asarray(index.search(query[0], NEIGHBOURS, threads=1).keys)

    return tuned(directory, settings())
