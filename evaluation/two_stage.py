"""Evaluation of what is served: retrieve a few hundred candidates, then order them.

A target that retrieval did not return is a miss at every cut-off; it is never put back.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np

from evaluation import metrics
from evaluation.batches import batches
from evaluation.ordering import order_candidates
from evaluation.ranking_protocol import HIT_RATE_KS, LIST_K, ranking_metrics
from evaluation.requests import Requests

CANDIDATES = max(HIT_RATE_KS)
"""Candidates asked of retrieval."""


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
    requests: Requests, retrieve: Retrieve, rank: Rank, batch_size: int
) -> dict[str, dict[str, float]]:
    """Metrics of retrieval alone and of both stages together.

    Args:
        requests: The split.
        retrieve: The first stage.
        rank: The second stage, which orders all 200 candidates of the first.
        batch_size: Requests in a batch.

    Returns:
        `retrieval` and `two_stage`, each with the figures of `ranking_metrics`; their hr@200 is
        the same, because ranking only changes the order.

    Raises:
        ValueError: There is no request, retrieval returned an item twice or a seen one, or a
            score is NaN.
    """
    retrieved, ranked = [], []
    for rows in batches(requests.rows, batch_size):
        candidates = Candidates(*retrieve(requests, rows, CANDIDATES))
        _check_candidates(requests, rows, candidates)
        score = rank(requests, rows, *candidates)
        retrieved.append(order_candidates(*candidates))
        ranked.append(order_candidates(candidates.item_index, score, candidates.valid))
    if not retrieved:
        raise ValueError("requests: expected at least one, got none")
    return {
        "retrieval": _list_metrics(requests, np.concatenate(retrieved)),
        "two_stage": _list_metrics(requests, np.concatenate(ranked)),
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


def _list_metrics(requests: Requests, lists: np.ndarray) -> dict[str, float]:
    ranks = ranks_in_lists(lists, requests.target_item)
    return ranking_metrics(ranks, lists[:, :LIST_K], requests.items)


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
