"""A group's lists: by the ranker that reads all members at once, and by aggregators over singles.

Both order the same candidates by outputs of the same model, so that what differs is only whether
the members were read together.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from evaluation.groups.aggregators import AGGREGATORS
from evaluation.groups.candidates import GroupCandidates
from evaluation.ordering import order_candidates
from evaluation.requests import Requests

OF_MODEL = {
    "watch_next": ("watch_next", "watch_next_least_misery"),
    "rating": ("rating_joint", "rating_mean", "rating_least_misery"),
}
"""What the model is asked for, and its lists for a group that go by it."""
OF_AGGREGATORS = {name: tuple(f"{name}_{of}" for of in AGGREGATORS) for name in OF_MODEL}
"""The lists of the aggregators that go by the same."""
RETRIEVAL = "retrieval"
"""The order of retrieval alone: the members' mean inner product."""


class Score(Protocol):
    """The ranker, such as `evaluation.saved_models.Ranker.score`."""

    def __call__(
        self,
        requests: Requests,
        owners: np.ndarray,
        item_index: np.ndarray,
        score: np.ndarray,
        valid: np.ndarray,
    ) -> dict[str, np.ndarray]:
        """Scores candidates for owners who watch together.

        Args:
            requests: The split.
            owners: int64 `[batch, owners]`, the request of each owner.
            item_index: int `[batch, candidates]`, anything where not valid.
            score: float32 `[batch, candidates, owners]`, retrieval scores.
            valid: bool `[batch, candidates]`.

        Returns:
            `rating` and `watch_next` `[batch, candidates, owners]`, `joint_rating` `[batch,
            candidates]`, all float32.
        """


def rank_for_groups(
    requests: Requests, owners: np.ndarray, candidates: GroupCandidates, score: Score, k: int
) -> dict[str, np.ndarray]:
    """All lists of some groups.

    Of the model, which gets all members as owners: by the chance that a member watches a candidate
    next, a softmax of `watch_next` over the candidates, the mean of the members' (`watch_next`) and
    the least (`watch_next_least_misery`); and by predicted rating, the joint one (`rating_joint`),
    the mean and the least of the members' (`rating_mean`, `rating_least_misery`). Of each
    aggregator, whose members' scores come from the same model that gets each member alone: by the
    chance (`watch_next_avg`, ...), and by the rating (`rating_avg`, ...).

    Predicted ratings end at the ends of the scale, so equal ones are common. The server orders
    those by the mean chance to watch; so does this. What is still equal is ordered by item.

    Args:
        requests: The split.
        owners: int64 `[groups, members]`, a request of each member.
        candidates: As `find_candidates` gives them.
        score: The ranker.
        k: Length of the lists.

    Returns:
        Each int64 `[groups, k]` of item indices, best first, -1 behind the end of a shorter list.
    """
    item, retrieved, valid = candidates
    lists = {RETRIEVAL: _first(order_candidates(item, retrieved.mean(axis=2), valid), k)}
    lists |= _of_model(score(requests, owners, *candidates), item, valid, k)
    alone = [
        score(requests, owners[:, [member]], item, retrieved[:, :, [member]], valid)
        for member in range(owners.shape[1])
    ]
    chance = _chances(np.concatenate([found["watch_next"] for found in alone], axis=2), valid)
    rating = np.stack([found["rating"][:, :, 0] for found in alone], axis=1)
    place = _places(chance.mean(axis=1), valid)
    ordered_item, ordered_valid = (np.take_along_axis(x, place, axis=1) for x in (item, valid))
    for name, scores in (("watch_next", chance), ("rating", rating)):
        ordered = np.take_along_axis(scores, place[:, None], axis=2)
        for of, aggregate in AGGREGATORS.items():
            found = aggregate(ordered, ordered_valid, k)
            lists[f"{name}_{of}"] = _items(ordered_item, found)
    return lists


def _of_model(
    scores: dict[str, np.ndarray], item: np.ndarray, valid: np.ndarray, k: int
) -> dict[str, np.ndarray]:
    """Lists by what the model says of all members together."""
    chance = _chances(scores["watch_next"], valid)
    place = _places(chance.mean(axis=1), valid)
    places = np.broadcast_to(np.arange(place.shape[1]), place.shape)
    ordered_item, ordered_valid = (np.take_along_axis(x, place, axis=1) for x in (item, valid))
    by = {
        "watch_next": chance.mean(axis=1),
        "watch_next_least_misery": chance.min(axis=1),
        "rating_joint": scores["joint_rating"],
        "rating_mean": scores["rating"].mean(axis=2),
        "rating_least_misery": scores["rating"].min(axis=2),
    }
    return {
        name: _items(
            ordered_item,
            _first(
                order_candidates(places, np.take_along_axis(score, place, axis=1), ordered_valid), k
            ),
        )
        for name, score in by.items()
    }


def _places(score: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Places by falling score, the first of equal ones first, padding last: int64, as `score`."""
    return np.lexsort((-np.where(valid, score, 0.0), ~valid), axis=1)


def _items(item: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Items at places, -1 where the place is."""
    return np.where(places >= 0, np.take_along_axis(item, np.maximum(places, 0), axis=1), -1)


def _first(ordered: np.ndarray, k: int) -> np.ndarray:
    """The first k of each row, -1 behind the end of a shorter one."""
    first = ordered[:, :k]
    return np.pad(first, ((0, 0), (0, k - first.shape[1])), constant_values=-1)


def _chances(logits: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Softmax over the valid candidates: float64 `[groups, members, candidates]`, 0 elsewhere.

    Args:
        logits: `[groups, candidates, members]`.
        valid: `[groups, candidates]`.
    """
    known = np.where(valid[..., None], logits.astype(np.float64), -np.inf)
    power = np.exp(known - known.max(axis=1, keepdims=True))
    return np.swapaxes(power / power.sum(axis=1, keepdims=True), 1, 2)
