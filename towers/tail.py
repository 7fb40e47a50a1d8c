"""Held-back events: the tail of every history, which the candidate model does not fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
import tensorflow as tf
from keras import ops

from schemas import columns
from schemas.config import RetrievalConfig
from schemas.histories import Histories, history_before
from schemas.shares import whole_share
from towers.model import RetrievalModel

USERS_PER_BATCH = 128
SCORE_BYTES = 256 << 20
"""Bound on the scores of a batch: with a large catalogue it has fewer users."""
NOT_SEEN = np.iinfo(np.int64).max
"""Beyond every event of a history."""


@dataclass(frozen=True)
class Tail:
    """The newest events of each user, newest last.

    Attributes:
        histories: All events, those of the tail among them.
        position: `[users, slots]` int64, index of the event among the user's own; -1 for none.
        item_id: `[users, slots]` int64, 0 for none.
    """

    histories: Histories
    position: np.ndarray
    item_id: np.ndarray

    @property
    def counts(self) -> np.ndarray:
        """Held-back events of each user, `[users]` int64."""
        return (self.position >= 0).sum(axis=1)

    @property
    def kept(self) -> Histories:
        """The histories without their tails."""
        return self.histories.head(self.histories.lengths - self.counts)


def hold_back(histories: Histories, config: RetrievalConfig) -> Tail:
    """Takes `tail_share` of each history, at most `tail_events`.

    Raises:
        ValueError: No history is long enough for a single event: there would be nothing by which to
            choose an epoch, and nothing for the ranker to learn from.
    """
    share = whole_share(histories.lengths, config.tail_share)
    if not share.any():
        longest = histories.lengths.max(initial=0)
        raise ValueError(
            f"retrieval.tail_share: expected at least 1 / {longest}, for an event of the longest "
            f"history to be held back, got {config.tail_share}"
            if longest > 1
            else f"retrieval: expected a user with 2 fitted events or more, got {longest} at most"
        )
    back = config.tail_events - np.arange(config.tail_events)
    held = back <= np.minimum(share, config.tail_events)[:, None]
    position = np.where(held, histories.lengths[:, None] - back, -1)
    event = np.where(held, histories.offsets[:-1, None] + position, 0)
    return Tail(histories, position, np.where(held, histories.item_id[event], columns.PADDING))


class TailScorer:
    """Scores all items at every held-back event, from the events before it.

    One pass over a history gives the queries of all its slots, so that the slots before the newest
    see up to `slots - 1` events less than the `history_len` of a request.
    """

    def __init__(self, model: RetrievalModel, tail: Tail, history_len: int):
        self.model, self.tail, self.history_len = model, tail, history_len
        self._encode = tf.function(model.queries, reduce_retracing=True)

    def batches(self) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
        """Scores with the model's weights of now.

        Yields:
            User rows; `[rows, slots, embedding_dim]` float32 queries; and `[rows, slots, indices]`
            float32, their inner products with the items: -inf for what was seen before the event
            and for what is no item. Slots without an event carry no meaning.
        """
        histories, position = self.tail.histories, self.tail.position
        catalogue = self.model.catalogue_vectors()
        items = ops.convert_to_numpy(catalogue)
        no_item = ~ops.convert_to_numpy(self.model.is_candidate)
        users_at_once = users_per_batch(position.shape[1], len(items))
        for start in range(0, len(position), users_at_once):
            rows = slice(start, start + users_at_once)
            users = np.arange(len(position))[rows]
            newest = histories.offsets[1:][users] - 1
            batch = history_before(histories, users, newest, self.history_len)
            batch[columns.REQUEST_TIMESTAMP] = self._request_times(users)
            queries = self._encode(batch, catalogue).numpy()[:, -position.shape[1] :]
            scores = queries @ items.T
            seen = _first_seen(histories, users, len(items))[:, None] < position[rows][..., None]
            scores[seen | no_item] = -np.inf
            yield rows, queries, scores

    def _request_times(self, users: np.ndarray) -> np.ndarray:
        """Times of the held-back events at the newest positions, `[rows, 1 + history_len]`."""
        position = self.tail.position[users]
        event = self.tail.histories.offsets[users][:, None] + position
        times = np.where(position >= 0, self.tail.histories.timestamp[event], 0)
        return np.pad(times, [(0, 0), (1 + self.history_len - position.shape[1], 0)])

    def ndcg(self, k: int = 10) -> float:
        """Mean NDCG@k of the held-back events among all unseen items; equal scores rank ahead.

        Raises:
            ValueError: A score is NaN, because training diverged.
        """
        total = 0.0
        for rows, _, scores in self.batches():
            if np.isnan(scores).any():
                raise ValueError("retrieval scores: expected numbers, got NaN: training diverged")
            own = np.take_along_axis(scores, self.tail.item_id[rows][..., None], axis=-1)
            # The target itself is one of those at least as good; a collapsed model wins nothing.
            rank = (scores >= own).sum(axis=-1)
            gain = np.where(rank <= k, 1 / np.log2(1 + rank), 0.0)
            total += float(gain[self.tail.position[rows] >= 0].sum())
        return total / max(int(self.tail.counts.sum()), 1)


def users_per_batch(slots: int, indices: int) -> int:
    """The most users whose float32 scores stay below `SCORE_BYTES`; at least 1."""
    return max(1, min(USERS_PER_BATCH, SCORE_BYTES // (4 * slots * indices)))


def _first_seen(histories: Histories, users: np.ndarray, indices: int) -> np.ndarray:
    """Index of the first event with each item among a user's own; `[users, indices]` int64."""
    first = np.full((len(users), indices), NOT_SEEN)
    counts = histories.lengths[users]
    row = np.repeat(np.arange(len(users)), counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    item = histories.item_id[np.repeat(histories.offsets[users], counts) + within]
    np.minimum.at(first, (row, item), within)
    return first
