"""Full-catalogue evaluation: every item is ranked for every request, seen items left out.

No sampled negatives: metrics on a sample do not even keep the order of models
(Krichene & Rendle, "On sampled metrics for item recommendation", KDD 2020).
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from evaluation import metrics
from evaluation.batches import Done, batches, show_nothing
from evaluation.ordering import target_ranks, top
from evaluation.requests import Requests

PROTOCOL = (
    "every item of the catalogue is ranked, "
    "items of the history are left out, equal scores are ordered by item"
)
HIT_RATE_KS = (10, 50, 200)
LIST_K = 10
"""Cut-off of NDCG and coverage."""


class Scorer(Protocol):
    """Anything that scores the whole catalogue for some requests."""

    def score(self, requests: Requests, rows: np.ndarray) -> np.ndarray:
        """Scores every item from the history alone, never from the target.

        Args:
            requests: The split.
            rows: int64 `[rows]`, the requests to score.

        Returns:
            float32 `[rows, items]`, higher is better, no NaN; seen items may have any score.
        """


def evaluate_ranking(
    requests: Requests, scorer: Scorer, batch_size: int, done: Done = show_nothing
) -> dict[str, float]:
    """Ranks the catalogue for every request.

    Args:
        requests: The split.
        scorer: Scores items; its result is the same whatever the batch, and so are the metrics.
        batch_size: Requests scored at once.
        done: Told of the requests ranked.

    Returns:
        hr@10, hr@50, hr@200, ndcg@10 and coverage@10.

    Raises:
        ValueError: There is no request, or a score is NaN.
    """
    ranks, lists = [], []
    for rows in batches(requests.rows, batch_size, done):
        scores = np.where(requests.seen(rows), -np.inf, scorer.score(requests, rows))
        ranks.append(target_ranks(scores, requests.target_item[rows]))
        lists.append(top(scores, LIST_K))
    if not ranks:
        raise ValueError("requests: expected at least one, got none")
    return ranking_metrics(np.concatenate(ranks), np.concatenate(lists), requests.items)


def ranking_metrics(ranks: np.ndarray, lists: np.ndarray, items: int) -> dict[str, float]:
    """The figures that every ranking is compared by.

    Args:
        ranks: int64 `[requests]`, 1-based rank of each target.
        lists: int64 `[requests, 10]` of item indices, -1 where a list is shorter.
        items: Size of the catalogue.
    """
    hits = {f"hr@{k}": metrics.hit_rate(ranks, k) for k in HIT_RATE_KS}
    return hits | {
        f"ndcg@{LIST_K}": metrics.ndcg(ranks, LIST_K),
        f"coverage@{LIST_K}": metrics.coverage(lists, items),
    }
