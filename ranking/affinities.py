"""Affinities of items: how much one in a history speaks for another, counted and remembered.

Retrieval squeezes every item into one short vector, and forgets what holds for few items alone. The
ranker, which looks at some hundred candidates, can afford to remember.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from scipy import sparse

from ranking.strongest import blocks, strongest, values_at
from schemas.config import RankingConfig
from schemas.histories import Histories

KINDS = ("followed", "preceded", "ease")
STEPS = 5
"""An item counts as following another up to so many events later, at distance d with 1 / d."""
DAMPING = 5.0
"""Successions with nothing that each item is given, so that rare items do not shout."""


@dataclass(frozen=True)
class ItemAffinities:
    """For each item those that it speaks for most.

    Attributes:
        neighbour: `[indices, neighbours]` int32, item indices, ascending; `NO_ITEM` at the end.
        strength: `[indices, neighbours, len(KINDS)]` float32, 0 at the end and where negative:
            how often the neighbour *followed* shortly, per succession of the item; how often it
            *preceded*, likewise; and its weight in EASE.
    """

    neighbour: np.ndarray
    strength: np.ndarray


def count_affinities(histories: Histories, indices: int, config: RankingConfig) -> ItemAffinities:
    """Counts successions and fits EASE.

    Args:
        histories: The events to count.
        indices: Item indices there are, padding included.
        config: `neighbours`, a power of two, `ease_items` and `ease_l2`.
    """
    followed = _successions(histories, indices)
    kinds = [_per_succession(followed), _per_succession(followed.T.tocsr())]
    kinds.append(_ease(histories, indices, config.ease_items, config.ease_l2))
    neighbour = np.empty((indices, config.neighbours), np.int32)
    strength = np.empty((indices, config.neighbours, len(KINDS)), np.float32)
    for rows in blocks(sum(np.diff(kind.indptr) for kind in kinds)):
        of_rows = [kind[rows] for kind in kinds]
        neighbour[rows] = strongest(_measure(of_rows), config.neighbours)
        strength[rows] = np.stack([values_at(kind, neighbour[rows]) for kind in of_rows], axis=-1)
    return ItemAffinities(neighbour, strength)


def _successions(histories: Histories, indices: int) -> sparse.csr_array:
    """How often the column's item came shortly after the row's, `[indices, indices]` float32."""
    user = np.repeat(np.arange(len(histories.users)), histories.lengths)
    item = histories.item_id
    counts = sparse.csr_array((indices, indices), dtype=np.float32)
    for step in range(1, STEPS + 1):
        same = user[:-step] == user[step:]
        pairs = (item[:-step][same], item[step:][same])
        weight = np.full(len(pairs[0]), 1 / step, np.float32)
        counts = counts + sparse.coo_array((weight, pairs), shape=counts.shape).tocsr()
    return counts


def _per_succession(counts: sparse.csr_array) -> sparse.csr_array:
    total = np.asarray(counts.sum(axis=1)).ravel()
    return (sparse.diags_array((1 / (total + DAMPING)).astype(np.float32)) @ counts).tocsr()


def _ease(histories: Histories, indices: int, items: int, l2: float) -> sparse.csr_array:
    """Weights of EASE (Steck, WWW 2019, equation 8) among the most popular items.

    With X `[users, items]` of what users had and P = (X'X + l2 * I)^-1, B_ij = -P_ij / P_jj off the
    diagonal. It takes items^3 operations and 24 * items^2 bytes, hence the limit.
    """
    count = np.bincount(histories.item_id, minlength=indices)
    popular = np.argsort(-count, kind="stable")[: min(items, np.count_nonzero(count))]
    column = np.full(indices, -1)
    column[popular] = np.arange(len(popular))
    user = np.repeat(np.arange(len(histories.users)), histories.lengths)
    column = column[histories.item_id]
    kept = column >= 0
    had = sparse.coo_array(
        (np.ones(kept.sum()), (user[kept], column[kept])),
        shape=(len(histories.users), len(popular)),
    ).tocsr()
    had.data[:] = 1.0  # once, however often
    gram = (had.T @ had).toarray()
    gram[np.diag_indices_from(gram)] += l2
    inverse = np.linalg.inv(gram)
    weights = (inverse / -np.diag(inverse)).astype(np.float32)
    np.fill_diagonal(weights, 0.0)
    row, other = np.nonzero(weights > 0)
    placed = (popular[row], popular[other])
    return sparse.coo_array((weights[row, other], placed), shape=(indices, indices)).tocsr()


def _measure(kinds: Sequence[sparse.csr_array]) -> sparse.csr_array:
    """How strong each pair is in any kind, each kind by the row's strongest."""
    first, *others = map(_of_strongest, kinds)
    return reduce(lambda measure, other: measure.maximum(other), others, first)


def _of_strongest(kind: sparse.csr_array) -> sparse.csr_array:
    largest = kind.max(axis=1).toarray().ravel()
    share = kind.data / np.repeat(largest, np.diff(kind.indptr))
    return sparse.csr_array((share, kind.indices, kind.indptr), shape=kind.shape)
