"""What both neighbourhood models are made of."""

from __future__ import annotations

import numpy as np
from scipy import sparse


def lengths(counts: sparse.csr_array) -> np.ndarray:
    """Euclidean length of each row: float32 `[rows]`."""
    return np.sqrt(counts.power(2).sum(axis=1)).astype(np.float32)


def shrunk_cosine(left: sparse.csr_array, right: sparse.csr_array, shrinkage: float) -> np.ndarray:
    """Similarity of every row of `left` to every row of `right`.

    x_l.x_r / (|x_l| |x_r| + shrinkage) (Ferrari Dacrema, Cremonesi & Jannach, "Are we really making
    much progress?", RecSys 2019, section 3.2).

    Args:
        left: float32 `[left, columns]`.
        right: float32 `[right, columns]`.
        shrinkage: At least 0: a few common events are no proof of likeness.

    Returns:
        float32 `[left, right]`, 0 where nothing is in common.
    """
    common = (left @ right.T).toarray()
    scale = lengths(left)[:, None] * lengths(right) + np.float32(shrinkage)
    return np.divide(common, scale, out=np.zeros_like(common), where=common > 0)


def keep_nearest(similarity: np.ndarray, neighbours: int) -> sparse.csr_array:
    """The most similar columns of each row; equal ones by rising column.

    Args:
        similarity: float32 `[rows, columns]`, 0 for none.
        neighbours: Most of one row.

    Returns:
        Sparse float32 `[rows, columns]`.
    """
    order = np.argsort(-similarity, axis=1, kind="stable")[:, :neighbours]
    value = np.take_along_axis(similarity, order, axis=1)
    row, place = np.nonzero(value)
    kept = (value[row, place], (row, order[row, place]))
    return sparse.coo_array(kept, shape=similarity.shape).tocsr()
