"""Full-catalogue evaluation: every item is ranked for every request, seen items left out.

No sampled negatives: metrics on a sample do not even keep the order of models
(Krichene & Rendle, "On sampled metrics for item recommendation", KDD 2020).
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from evaluation.batches import Done, batches, show_nothing
from evaluation.metrics.accuracy import LONGEST
from evaluation.ordering import top
from evaluation.requests import Requests

PROTOCOL = (
    "every item of the catalogue is ranked, items of the history are left out, "
    "equal scores are ordered by item, requests of a user with the same history share a list"
)


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


def rank_catalogue(
    requests: Requests, scorer: Scorer, batch_size: int, done: Done = show_nothing
) -> np.ndarray:
    """Ranks the catalogue for every list.

    Args:
        requests: The split.
        scorer: Scores items; its result is the same whatever the batch, and so are the lists.
        batch_size: Lists made at once.
        done: Told of the lists made.

    Returns:
        int32 `[lists, 200]` of item indices, best first, -1 behind the end of a shorter one.

    Raises:
        ValueError: There is no request, or a score is NaN.
    """
    check_asked(requests)
    lists = []
    for rows in batches(requests.first_of_list, batch_size, done):
        scores = np.where(requests.seen(rows), -np.inf, scorer.score(requests, rows))
        lists.append(top(scores, LONGEST).astype(np.int32))
    return np.concatenate(lists)


def check_asked(requests: Requests) -> None:
    """Checks that there is something to measure.

    Raises:
        ValueError: There is no request.
    """
    if not len(requests):
        raise ValueError("requests: expected at least one, got none")
