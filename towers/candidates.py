"""Retrieved candidates at held-back events: what the ranker trains on.

They come from a model that did not fit these events, so that their scores look as they will in
service, where the target is never in the training data.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from schemas.config import RetrievalConfig
from schemas.histories import Histories, history_before
from towers.fitting import seen_matrix, unseen_scores
from towers.model import RetrievalModel

BATCH = 512


def tail_lengths(histories: Histories, config: RetrievalConfig) -> np.ndarray:
    """Held-back events of each user, `[users]` int64: a share of the history, up to a limit."""
    share = np.floor(histories.lengths * config.tail_share).astype(np.int64)
    return np.minimum(share, config.tail_events)


def write_candidates(
    model: RetrievalModel, histories: Histories, tails: np.ndarray, config: RetrievalConfig, out: Path
) -> None:
    """Retrieves at every held-back event and writes `candidates.npz` (see docs/artifacts.md).

    Args:
        model: Fitted without the last `tails[u]` events of user u.
        histories: All events, the held-back ones among them.
        tails: `[users]` int64.
        config: The stage's configuration.
        out: The file to write.
    """
    slots = np.arange(config.tail_events) - config.tail_events
    position = histories.lengths[:, None] + slots
    position = np.where(-slots <= tails[:, None], position, -1)
    user, slot = np.nonzero(position >= 0)
    ends = histories.offsets[user] + position[user, slot]
    targets = histories.item_id[ends]
    shape = (*position.shape, config.candidates)
    item_id, score = np.zeros(shape, np.int64), np.zeros(shape, np.float32)
    target_item_id = np.zeros(position.shape, np.int64)
    target_score = np.zeros(position.shape, np.float32)
    target_item_id[user, slot] = targets
    for start in range(0, len(user), BATCH):
        rows = slice(start, start + BATCH)
        scores = unseen_scores(
            model,
            history_before(histories, user[rows], ends[rows], config.history_len),
            seen_matrix(histories, user[rows], ends[rows]),
        )
        best, value = top(scores, config.candidates)
        item_id[user[rows], slot[rows], : best.shape[1]] = best
        score[user[rows], slot[rows], : best.shape[1]] = value
        own = np.take_along_axis(scores, targets[rows, None], axis=1)[:, 0]
        target_score[user[rows], slot[rows]] = own
    np.savez(
        out,
        user_id=histories.users,
        position=position,
        item_id=item_id,
        score=score,
        target_item_id=target_item_id,
        target_score=target_score,
    )


def top(scores: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k best columns of each row, best first; 0 and 0.0 where a row has fewer finite scores.

    Args:
        scores: `[rows, columns]`.
        k: How many, at most all columns are returned.
    """
    k = min(k, scores.shape[1])
    best = np.argpartition(-scores, k - 1, axis=1)[:, :k]
    value = np.take_along_axis(scores, best, axis=1)
    order = np.argsort(-value, axis=1, kind="stable")
    best, value = np.take_along_axis(best, order, 1), np.take_along_axis(value, order, 1)
    return np.where(np.isfinite(value), best, 0), np.where(np.isfinite(value), value, 0.0)
