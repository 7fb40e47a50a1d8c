"""Factors of a person by BPR's own criterion, the items' factors being given."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from evaluation.baselines.dot_products import dot_products
from evaluation.histories import Events
from evaluation.requests import Requests

STEPS = 30
"""Of the descent; it starts at 0, so that stopping early regularises too."""


def fold_in(
    requests: Requests,
    rows: np.ndarray,
    item_factors: np.ndarray,
    item_bias: np.ndarray,
    others: np.ndarray,
    regularisation: float,
) -> np.ndarray:
    """Maximises mean ln sigmoid(s_i - s_j) - regularisation / 2 |w|^2, with s_i = w.h_i + b_i.

    The mean is over the events i of the history and those `others` j that are not in it. It is
    concave in w; its gradient changes by at most max |h_i - h_j|^2 / 4 <= max |h|^2, whose inverse
    is the step (Nesterov, "A method of solving a convex programming problem with convergence rate
    O(1/k^2)", 1983).

    Args:
        requests: Whose histories are read.
        rows: int64 `[rows]`.
        item_factors: float32 `[items, factors]`, h.
        item_bias: float32 `[items]`, b.
        others: int64 `[others]`, items to compare with.
        regularisation: At least 0.

    Returns:
        float32 `[rows, factors]`; 0 for a history without events.
    """
    events = requests.events(rows)
    weight = _pair_weights(requests, rows, events, others)
    owner = sparse.csr_array(
        (np.ones(len(events.row), np.float32), (events.row, np.arange(len(events.row)))),
        shape=(len(rows), len(events.row)),
    )
    own, other = item_factors[events.item], item_factors[others]
    step = np.float32(1 / (np.square(item_factors).sum(axis=1).max() + regularisation))
    before = np.zeros((len(rows), item_factors.shape[1]), np.float32)
    ahead = before
    for number in range(STEPS):
        score = np.einsum("ef,ef->e", ahead[events.row], own) + item_bias[events.item]
        against = (dot_products(ahead, other) + item_bias[others])[events.row]
        pull = weight / (1 + np.exp(score[:, None] - against))
        gradient = owner @ (pull.sum(axis=1)[:, None] * own)
        gradient -= dot_products(owner @ pull, np.ascontiguousarray(other.T))
        gradient -= np.float32(regularisation) * ahead
        after = ahead + step * gradient
        ahead = after + np.float32(number / (number + 3)) * (after - before)
        before = after
    return before


def _pair_weights(
    requests: Requests, rows: np.ndarray, events: Events, others: np.ndarray
) -> np.ndarray:
    """Weight of each event with each other item, 1 in all for each row: float32."""
    unseen = ~requests.seen(rows)[:, others]
    count = np.bincount(events.row, minlength=len(rows)) * unseen.sum(axis=1)
    weight = unseen / np.maximum(count, 1)[:, None]
    return weight.astype(np.float32)[events.row]
