"""What the ranker trains on: singles, candidate lists and pairs, as index arrays."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from schemas.histories import Histories


@dataclass(frozen=True)
class CandidateLists:
    """Retrieved candidates at held-back events, one row per user, newest event last.

    Attributes:
        histories: The events that the positions below count in.
        end: `[rows]` absolute position of each row's newest event: its history ends before it.
        user: `[rows]` user rows.
        target: `[rows, slots]` int64, the watched item; 0 where there is no event.
        target_score: `[rows, slots]` float32, its retrieval score.
        item_id: `[rows, slots, candidates]` int64, what was retrieved, 0 for none.
        score: The same shape, float32.
        query: `[rows, slots, embedding_dim]` float32, query vectors.
    """

    histories: Histories
    end: np.ndarray
    user: np.ndarray
    target: np.ndarray
    target_score: np.ndarray
    item_id: np.ndarray
    score: np.ndarray
    query: np.ndarray


def load_candidate_lists(
    path: Path, histories: Histories, attention_len: int
) -> tuple[CandidateLists, CandidateLists, Histories]:
    """Reads `candidates.npz`.

    Args:
        path: The file.
        histories: The events that retrieval fitted or held back.
        attention_len: Events that the ranker attends to. One pass over them scores the lists of a
            user's newest 1 + `attention_len` held-back events; older ones are left out.

    Returns:
        Lists to train on, those of each user's newest event, to validate, and the events before all
        lists.

    Raises:
        ValueError: The file is of other users than the histories, or nobody has two held-back
            events, one to train on and one to validate.
    """
    with np.load(path, allow_pickle=False) as file:
        data = dict(file)
    if not np.array_equal(data["user_id"], histories.users):
        raise ValueError(f"{path}: user_id: expected the prepared users, got others")
    user = np.flatnonzero((data["position"][:, -2:] >= 0).all(axis=1))
    if not len(user):
        raise ValueError(f"{path}: expected users with at least 2 held-back events, got none")
    held_back = (data["position"] >= 0).sum(axis=1)
    oldest = max(0, data["position"].shape[1] - 2 - attention_len)
    return (
        _slots(data, histories, user, slice(oldest, -1)),
        _slots(data, histories, user, slice(-1, None)),
        histories.head(histories.lengths - held_back),
    )


def without_validated(everything: Histories, held: CandidateLists) -> Histories:
    """The histories that may be fitted: each of `held`'s users without the event validated on."""
    lengths = everything.lengths.copy()
    lengths[held.user] = held.end - everything.offsets[held.user]
    return everything.head(lengths)


def sample_negatives(
    lists: CandidateLists, count: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """The watched item, then `count` retrieved others drawn without replacement.

    A list whose watched item retrieval missed is empty. Putting the item in would teach that a
    score below every retrieved one means a hit, which no list in service can show
    (docs/decisions.md has the figures).

    Returns:
        Item ids `[rows, slots, 1 + count]` int64, 0 for none, and their retrieval scores, float32.
    """
    is_target = lists.item_id == lists.target[..., None]
    possible = (lists.item_id != 0) & ~is_target & is_target.any(axis=-1, keepdims=True)
    key = np.where(possible, rng.random(lists.item_id.shape, dtype=np.float32), 2.0)
    count = min(count, key.shape[-1] - 1)
    drawn = np.argpartition(key, count, axis=-1)[..., :count]
    real = np.take_along_axis(possible, drawn, axis=-1)
    negatives = np.where(real, np.take_along_axis(lists.item_id, drawn, axis=-1), 0)
    scores = np.take_along_axis(lists.score, drawn, axis=-1)
    target = np.where(is_target.any(axis=-1), lists.target, 0)
    return (
        np.concatenate([target[..., None], negatives], axis=-1),
        np.concatenate([lists.target_score[..., None], scores], axis=-1),
    )


def sample_pairs(
    histories: Histories, part: np.ndarray, per_item: int, rng: np.random.Generator
) -> np.ndarray:
    """Pairs of events in which two users of one part rated the same item, in random order.

    Args:
        histories: The events.
        part: `[users]` int, from 1 to the number of parts.
        per_item: About as many pairs of one item at most, so that popular items do not crowd out
            the others: each part has an equal share, rounded up.
        rng: Draws them.

    Returns:
        `[pairs, 2]` absolute event positions, of two different users.
    """
    rated = np.flatnonzero(~np.isnan(histories.rating))
    parts = part.max(initial=1)
    group = histories.item_id * parts + np.repeat(part - 1, histories.lengths)
    by_item = rated[np.argsort(group[rated], kind="stable")]
    _, first, raters = np.unique(group[by_item], return_index=True, return_counts=True)
    draws = np.minimum(-(-per_item // parts), raters * (raters - 1) // 2)
    first, raters = np.repeat(first, draws), np.repeat(raters, draws)
    left = rng.integers(0, raters)
    right = rng.integers(0, raters - 1)
    right += right >= left
    pairs = np.sort(np.stack([by_item[first + left], by_item[first + right]], axis=1), axis=1)
    return rng.permutation(np.unique(pairs, axis=0))


def user_of_event(histories: Histories, event: np.ndarray) -> np.ndarray:
    """User row of absolute event positions."""
    return np.searchsorted(histories.offsets, event, side="right") - 1


def _slots(
    data: dict[str, np.ndarray], histories: Histories, user: np.ndarray, slots: slice
) -> CandidateLists:
    position = data["position"][user, slots]
    return CandidateLists(
        histories=histories,
        end=histories.offsets[user] + position[:, -1],
        user=user,
        target=np.where(position >= 0, data["target_item_id"][user, slots], 0),
        target_score=data["target_score"][user, slots],
        item_id=data["item_id"][user, slots],
        score=data["score"][user, slots],
        query=data["query_vector"][user, slots],
    )
