"""Evaluation of what is served: retrieve a few hundred candidates, then order them.

A target that retrieval did not return is a miss at every cut-off; it is never put back.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np

from evaluation import metrics
from evaluation.batches import Done, batches, show_nothing
from evaluation.ordering import order_candidates
from evaluation.ranking_protocol import LIST_K, ranking_metrics
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


def evaluate_two_stage(
    requests: Requests,
    retrieve: Retrieve,
    rank: Rank,
    candidates: int,
    batch_size: int,
    done: Done = show_nothing,
) -> dict[str, dict[str, float]]:
    """Metrics of retrieval alone and of both stages together.

    Args:
        requests: The split.
        retrieve: The first stage.
        rank: The second stage, which orders all candidates of the first.
        candidates: Items asked of the first stage; at least the widest cut-off, which is 200.
        batch_size: Requests in a batch.
        done: Told of the requests ranked.

    Returns:
        `retrieval` and `two_stage`, each with the figures of `ranking_metrics`.

    Raises:
        ValueError: There is no request, retrieval returned an item twice or a seen one, or a
            score is NaN.
    """
    if not len(requests):
        raise ValueError("requests: expected at least one, got none")
    ranks: dict[str, list[np.ndarray]] = {"retrieval": [], "two_stage": []}
    lists: dict[str, list[np.ndarray]] = {"retrieval": [], "two_stage": []}
    for rows in batches(requests.rows, batch_size, done):
        found = Candidates(*retrieve(requests, rows, candidates))
        _check_candidates(requests, rows, found)
        score = rank(requests, rows, *found)
        ordered = {
            "retrieval": order_candidates(*found),
            "two_stage": order_candidates(found.item_index, score, found.valid),
        }
        for name, items in ordered.items():
            ranks[name].append(ranks_in_lists(items, requests.target_item[rows]))
            lists[name].append(items[:, :LIST_K])
    return {
        name: ranking_metrics(
            np.concatenate(ranks[name]), np.concatenate(lists[name]), requests.items
        )
        for name in ranks
    }


def ranks_in_lists(lists: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Rank of each target in its list.

    Args:
        lists: int `[requests, k]` of item indices, best first, -1 behind the end.
        target: int `[requests]`, item index.

    Returns:
        int64 `[requests]`, 1-based; `metrics.MISSED` for a target that is not listed.
    """
    found = lists == target[:, None]
    return np.where(found.any(axis=1), 1 + found.argmax(axis=1), metrics.MISSED)


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
