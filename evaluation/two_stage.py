"""Evaluation of what is served: retrieve a few hundred candidates, then order them.

A target that retrieval did not return is a miss at every cut-off; it is never put back.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np

from evaluation.batches import Done, batches, show_nothing
from evaluation.metrics.accuracy import LONGEST
from evaluation.ordering import order_candidates
from evaluation.ranking_protocol import check_asked
from evaluation.requests import Requests


class Candidates(NamedTuple):
    """What retrieval returned.

    Attributes:
        item_index: int `[rows, k]`, catalogue index; anything where not valid.
        score: float32 `[rows, k]`, higher is better; anything where not valid.
        valid: bool `[rows, k]`, False where fewer than k items were found.
    """

    item_index: np.ndarray
    score: np.ndarray
    valid: np.ndarray


class Retrieve(Protocol):
    """The first stage."""

    def __call__(
        self, requests: Requests, rows: np.ndarray, k: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The k best items of each row (int64 `[rows]`), each once, seen items left out.

        Returns:
            Item index, score and validity as in `Candidates`.
        """


class Rank(Protocol):
    """The second stage."""

    def __call__(
        self,
        requests: Requests,
        rows: np.ndarray,
        item_index: np.ndarray,
        score: np.ndarray,
        valid: np.ndarray,
    ) -> np.ndarray:
        """How likely each candidate is watched next.

        Args:
            requests: The split.
            rows: int64 `[rows]`.
            item_index: As in `Candidates`.
            score: As in `Candidates`.
            valid: As in `Candidates`.

        Returns:
            float32 `[rows, k]`, higher is better; anything where not valid.
        """


def rank_candidates(
    requests: Requests,
    retrieve: Retrieve,
    rank: Rank,
    candidates: int,
    batch_size: int,
    done: Done = show_nothing,
) -> dict[str, np.ndarray]:
    """Lists of retrieval alone and of both stages together.

    Args:
        requests: The split.
        retrieve: The first stage.
        rank: The second stage, which orders all candidates of the first.
        candidates: Items asked of the first stage; at least the widest cut-off, which is 200.
        batch_size: Lists made at once.
        done: Told of the lists made.

    Returns:
        `retrieval` and `two_stage`, each int32 `[lists, 200]` as `rank_catalogue` gives it.

    Raises:
        ValueError: There is no request, retrieval returned an item twice or a seen one, or a
            score is NaN.
    """
    check_asked(requests)
    lists: dict[str, list[np.ndarray]] = {"retrieval": [], "two_stage": []}
    for rows in batches(requests.first_of_list, batch_size, done):
        found = Candidates(*retrieve(requests, rows, candidates))
        _check_candidates(requests, rows, found)
        score = rank(requests, rows, *found)
        lists["retrieval"].append(_first(order_candidates(*found)))
        lists["two_stage"].append(_first(order_candidates(found.item_index, score, found.valid)))
    return {name: np.concatenate(parts) for name, parts in lists.items()}


def _first(ordered: np.ndarray) -> np.ndarray:
    """The first 200 of each row, -1 where there are fewer: int32 `[rows, 200]`."""
    first = ordered[:, :LONGEST].astype(np.int32)
    return np.pad(first, ((0, 0), (0, LONGEST - first.shape[1])), constant_values=-1)


def _check_candidates(requests: Requests, rows: np.ndarray, candidates: Candidates) -> None:
    """A retriever that repeats items or returns seen ones would be measured on another task."""
    row, column = np.nonzero(candidates.valid)
    item = candidates.item_index[row, column].astype(np.int64)
    seen = requests.seen(rows)[row, item]
    if seen.any():
        raise ValueError(_message(requests, rows[row], item, seen, "unseen items"))
    _, first = np.unique(row * requests.items + item, return_index=True)
    again = np.ones(len(item), bool)
    again[first] = False
    if again.any():
        raise ValueError(_message(requests, rows[row], item, again, "each item once"))


def _message(
    requests: Requests, row: np.ndarray, item: np.ndarray, bad: np.ndarray, expected: str
) -> str:
    user, got = requests.user_ids[row[bad][0]], requests.item_ids[item[bad][0]]
    return f"retrieve: user {user!r}: expected {expected}, got {got!r}"
