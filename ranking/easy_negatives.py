"""Easy negatives: items of the whole catalogue, beside those that retrieval found."""

from __future__ import annotations

import numpy as np

from ranking.samples import CandidateLists


class EasyNegatives:
    """Draws unwatched items with the retrieval scores that they would have had.

    Args:
        lists: Whose candidates they stand beside.
        vectors: `[indices, embedding_dim]` float32, item vectors of the retrieval model that found
            the candidates.
        is_item: `[indices]` bool, which indices are items.
    """

    def __init__(self, lists: CandidateLists, vectors: np.ndarray, is_item: np.ndarray):
        self._lists, self._vectors = lists, vectors
        self._items = np.flatnonzero(is_item)
        histories = lists.histories
        user = np.repeat(np.arange(len(histories.users)), histories.lengths)
        self._had, self._event = np.unique(self._key(user, histories.item_id), return_index=True)

    def draw(self, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Items drawn uniformly for each list; one may also be among the retrieved ones.

        Returns:
            Item ids `[rows, slots, count]` int64, 0 for what was drawn in vain since it was watched
            before or is what was watched next, and their retrieval scores, float32.
        """
        lists = self._lists
        items = rng.choice(self._items, size=(*lists.target.shape, count))
        unwatched = ~self._watched_before(items) & (items != lists.target[..., None])
        scores = np.zeros(items.shape, np.float32)
        for drawn in range(count):  # one at a time: all their vectors together may be too many
            vectors = self._vectors[items[..., drawn]]
            scores[..., drawn] = np.einsum("usd,usd->us", lists.query, vectors)
        return np.where(unwatched, items, 0), scores

    def _watched_before(self, items: np.ndarray) -> np.ndarray:
        """Whether the user of a list had them before its event, the same shape."""
        lists, slots = self._lists, self._lists.target.shape[1]
        event = lists.end[:, None] - np.arange(slots)[::-1]
        key = self._key(lists.user[:, None, None], items)
        at = np.minimum(np.searchsorted(self._had, key), len(self._had) - 1)
        return (self._had[at] == key) & (self._event[at] < event[..., None])

    def _key(self, user: np.ndarray, item: np.ndarray) -> np.ndarray:
        return user * len(self._vectors) + item
