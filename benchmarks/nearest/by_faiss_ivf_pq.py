"""Faiss: partitions, 4-bit product quantisation read with SIMD, exact reordering.

With codes for 32 parts of a vector. `by_faiss_ivf_pq64` has 64, of twice the memory, which need
less reordering.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import faiss
import numpy as np

from benchmarks.nearest.content import (
    NEIGHBOURS,
    THREADS,
    VECTORS,
    Search,
    saved,
    timed,
    tuned,
)

PARTS = 32


def build(directory: Path) -> dict[str, float]:
    """Codes for 32 parts of a vector."""
    return build_with(directory, PARTS)


def build_with(directory: Path, parts: int) -> dict[str, float]:
    """Partitions, 4-bit product quantisation read with SIMD, exact reordering.

    Args:
        directory: Of the vectors.
        parts: Of a vector, each with a code of its own; they divide its width.
    """
    faiss.omp_set_num_threads(THREADS)
    vectors = np.load(directory / VECTORS)
    # Faiss advises 4 to 16 times the square root of the items.
    partitions = 4 * round(len(vectors) ** 0.5)
    index = faiss.index_factory(
        vectors.shape[1], f"IVF{partitions},PQ{parts}x4fs,RFlat", faiss.METRIC_INNER_PRODUCT
    )
    sample = vectors[np.random.default_rng(1).permutation(len(vectors))[: 64 * partitions]]

    def add(every: np.ndarray) -> None:
        index.train(sample)
        index.add(every)

    return timed(directory, add, lambda to: faiss.write_index(index, to))


def search(directory: Path) -> dict[str, float]:
    """The same, opened: the fastest of several reorder counts, each with the fewest partitions."""
    faiss.omp_set_num_threads(1)
    index = faiss.read_index(saved(directory))
    partitions = faiss.downcast_index(index.base_index)

    def search_with(factor: float, probes: int, query: np.ndarray) -> np.ndarray:
        index.k_factor, partitions.nprobe = factor, probes
        return index.search(query, NEIGHBOURS)[1][0]

    def settings(factor: float) -> Iterator[Search]:
        for probes in (round(2 * 1.4**step) for step in range(20)):
            if probes <= partitions.nlist:
                yield partial(search_with, factor, probes)

    return tuned(directory, *(settings(factor) for factor in (2, 4, 8, 16, 24)))
