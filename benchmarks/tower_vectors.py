"""Vectors with the structure of trained towers, in any number."""

from __future__ import annotations

import numpy as np

DIM = 64
ITEMS_PER_CENTRE = 250
POPULAR_ITEM, POPULAR_QUERY = 0.35, 0.7
"""Length of the share that all items, and all queries, have in common, before normalisation."""
LIKED = 5
"""Items that a query is the mean of."""
BLOCK = 1 << 17


def tower_vectors(items: int, queries: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Item and query vectors like those of a two-tower model.

    Items are a mixture: centres of Zipf-distributed weight, and around each of them a spread as
    wide as that of the centres. Both have a covariance whose eigenvalues fall as 1 / rank, so of
    64 directions about 14 are in use (participation ratio; 13 in the towers of ml-100k). All share
    a direction, the popular one. A query is the mean of a few items, drawn from two centres as a
    person's tastes are, with more of the popular direction and a little noise.

    Args:
        items: Item vectors.
        queries: Query vectors.
        seed: Seed.

    Returns:
        `[items, DIM]` and `[queries, DIM]` float32 unit vectors.
    """
    random = np.random.default_rng(seed)
    scale = _scale()
    centres = max(16, items // ITEMS_PER_CENTRE)
    centre = random.standard_normal((centres, DIM), np.float32) * scale
    weight = 1.0 / np.arange(1, centres + 1) ** 0.5
    weight /= weight.sum()
    popular = random.standard_normal(DIM, np.float32)
    popular /= np.linalg.norm(popular)

    def drawn(members: np.ndarray) -> np.ndarray:
        spread = random.standard_normal((len(members), DIM), np.float32) * scale
        return (centre[members] + spread) / np.float32(np.sqrt(2))

    vectors = np.empty((items, DIM), np.float32)
    for at in range(0, items, BLOCK):
        block = vectors[at : at + BLOCK]
        block[:] = _unit(
            POPULAR_ITEM * popular + drawn(random.choice(centres, len(block), p=weight))
        )
    tastes = random.choice(centres, (queries, 2), p=weight)
    liked = sum(
        drawn(tastes[np.arange(queries), random.integers(0, 2, queries)]) for _ in range(LIKED)
    )
    noise = random.standard_normal((queries, DIM), np.float32) * scale
    return vectors, _unit(POPULAR_QUERY * popular + liked / LIKED + 0.2 * noise)


def gaussian_vectors(items: int, queries: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The same shapes without any structure: harder than anything a tower makes."""
    random = np.random.default_rng(seed)
    return (
        random.standard_normal((items, DIM), np.float32),
        random.standard_normal((queries, DIM), np.float32),
    )


def _scale() -> np.ndarray:
    """Standard deviation of each direction; the variances sum to 1."""
    variance = 1.0 / np.arange(1, DIM + 1)
    return np.sqrt(variance / variance.sum()).astype(np.float32)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
