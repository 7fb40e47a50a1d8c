"""Retrieved candidates at held-back events: what the ranker trains on.

They come from a model that did not fit these events, so that their scores look as they will in
service, where the target is never in the training data.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from towers.tail import TailScorer


def write_candidates(scorer: TailScorer, count: int, out: Path) -> None:
    """Retrieves at every held-back event and writes `candidates.npz` (see docs/artifacts.md).

    Args:
        scorer: Of a model that was fitted without the tail.
        count: Items kept per event.
        out: The file to write.
    """
    tail = scorer.tail
    shape = (*tail.position.shape, count)
    item_id, score = np.zeros(shape, np.int32), np.zeros(shape, np.float32)
    target_score = np.zeros(tail.position.shape, np.float32)
    queries = []
    for rows, query, scores in scorer.batches():
        held = tail.position[rows] >= 0
        queries.append(np.where(held[..., None], query, 0.0))
        best, value = top(scores, count)
        item_id[rows, :, : best.shape[-1]] = np.where(held[..., None], best, 0)
        score[rows, :, : best.shape[-1]] = np.where(held[..., None], value, 0.0)
        own = np.take_along_axis(scores, tail.item_id[rows][..., None], axis=-1)[..., 0]
        target_score[rows] = np.where(held, own, 0.0)
    np.savez(
        out,
        user_id=tail.histories.users,
        position=tail.position,
        item_id=item_id,
        score=score,
        target_item_id=tail.item_id,
        target_score=target_score,
        query_vector=np.concatenate(queries),
    )


def top(scores: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k best of the last axis, best first; 0 and 0.0 where there are fewer finite scores.

    Args:
        scores: `[..., columns]`.
        k: How many; all columns are returned if there are fewer.
    """
    k = min(k, scores.shape[-1])
    best = np.argpartition(-scores, k - 1, axis=-1)[..., :k]
    value = np.take_along_axis(scores, best, axis=-1)
    order = np.argsort(-value, axis=-1, kind="stable")
    best, value = np.take_along_axis(best, order, -1), np.take_along_axis(value, order, -1)
    return np.where(np.isfinite(value), best, 0), np.where(np.isfinite(value), value, 0.0)
