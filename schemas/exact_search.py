"""Exact search, which a server uses where a filter leaves few items.

Here for the same reason as the search in `schemas/searcher.py`: the index stage measures up to
which share of the items it is the cheaper one.
"""

from __future__ import annotations

import numpy as np


def best_of_blocks(
    queries: np.ndarray, vectors: np.ndarray, rows: np.ndarray | None, k: int, block: int = 1 << 16
) -> tuple[np.ndarray, np.ndarray]:
    """Exact search, in blocks of rows so that no copy of a large catalogue is made.

    Args:
        queries: `[queries, embedding_dim]` float32.
        vectors: `[items, embedding_dim]` float32.
        rows: `[some]` int64, the rows to score; None: all.
        k: How many of them.
        block: Rows scored at once.

    Returns:
        Rows and scores `[queries, min(k, some)]`, in no particular order.
    """
    count = len(vectors) if rows is None else len(rows)
    best_rows = np.empty((len(queries), 0), dtype=np.int64)
    best_scores = np.empty((len(queries), 0), dtype=np.float32)
    for at in range(0, count, block):
        if rows is None:
            these, taken = np.arange(at, min(at + block, count)), vectors[at : at + block]
        else:
            these = rows[at : at + block]
            taken = vectors[these]
        scores = np.asarray(queries @ taken.T, dtype=np.float32)
        every = np.broadcast_to(these, scores.shape)
        best_rows = np.concatenate([best_rows, every], axis=1)
        best_scores = np.concatenate([best_scores, scores], axis=1)
        if best_scores.shape[1] > k:
            kept = np.argpartition(-best_scores, k - 1, axis=1)[:, :k]
            best_rows = np.take_along_axis(best_rows, kept, axis=1)
            best_scores = np.take_along_axis(best_scores, kept, axis=1)
    return best_rows, best_scores
