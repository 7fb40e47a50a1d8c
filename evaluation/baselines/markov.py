"""What was watched shortly after what: a Markov chain with memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy import sparse

from evaluation.histories import RawHistories
from evaluation.requests import Requests

# Round values, the same for every data set.
STEPS = 5
"""An item counts as following another up to so many events later."""
STEP_DECAY = 0.7
"""Weight of a transition over d events: STEP_DECAY^(d - 1)."""
EVENTS = 10
"""Newest events of a history that are scored from."""
AGE_DECAY = 0.8
"""Weight of an event of age a (0 is the newest): AGE_DECAY^a."""
DAMPING = 10.0
"""Events without a successor that each item is given, so that rare items do not shout."""


@dataclass(frozen=True, eq=False)
class Markov:
    """Scores an item by how often it followed the newest items of the history.

    With n_ijd the number of times that j came d events after i in a history and n_i the number of
    i's events, the transitions are T_ij = sum_{d=1..5} 0.7^(d-1) n_ijd / (n_i + 10), and the score
    of j is sum_{a=0..9} 0.8^a T_{i_a j}, i_a being the item of the event of age a.

    A higher-order chain that adds up its orders, as in Shani, Heckerman & Brafman, "An MDP-based
    recommender system", JMLR 2005 (skipping and finite mixtures of histories).

    Attributes:
        transitions: float32 sparse `[items, items]`, T.
    """

    transitions: sparse.csr_array

    @classmethod
    def fit(cls, histories: RawHistories) -> Self:
        """Counts the transitions of all histories."""
        item = histories.history_item
        owner = histories.events(histories.rows).row
        counts = sparse.csr_array((histories.items, histories.items), dtype=np.float32)
        for step in range(1, STEPS + 1):
            same = owner[:-step] == owner[step:]
            pairs = (item[:-step][same], item[step:][same])
            weight = np.full(len(pairs[0]), STEP_DECAY ** (step - 1), np.float32)
            counts = counts + sparse.coo_array((weight, pairs), shape=counts.shape).tocsr()
        events = np.bincount(item, minlength=histories.items)
        damped = sparse.diags_array((1 / (events + DAMPING)).astype(np.float32))
        return cls((damped @ counts).tocsr())

    def score(self, requests: Requests, rows: np.ndarray) -> np.ndarray:
        """See `evaluation.ranking_protocol.Scorer`."""
        age = requests.events(rows).age
        weight = np.where(age < EVENTS, AGE_DECAY**age, 0.0).astype(np.float32)
        newest = requests.history_matrix(rows, weight)
        newest.eliminate_zeros()  # or the product would walk through the whole history
        return (newest @ self.transitions).toarray()
