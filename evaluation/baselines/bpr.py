"""BPR: factors that put what was watched before what was not, by the library `implicit`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy import sparse

from evaluation.baselines.bpr_fold_in import fold_in
from evaluation.baselines.dot_products import dot_products
from evaluation.histories import RawHistories
from evaluation.requests import Requests

# The best of `python -m benchmarks.tune_baselines`, the same for every data set.
FACTORS = 64
LEARNING_RATE = 0.05
REGULARISATION = 0.03
EPOCHS = 200
OTHERS = 64
"""Items that a history is compared with when a person's factors are worked out."""


@dataclass(frozen=True, eq=False)
class Bpr:
    """Scores an item by w_u.h_i + b_i.

    The factors maximise sum ln sigmoid(s_ui - s_uj) over people u, items i of their history and
    items j outside of it, less the weighted squares (Rendle et al., "BPR: Bayesian personalized
    ranking from implicit feedback", UAI 2009). w_u is worked out anew from the history of the
    request, with the items' factors as they were fitted: whoever was not fitted gets factors too.

    Attributes:
        item_factors: float32 `[items, factors]`, h_i.
        item_bias: float32 `[items]`, b_i.
        others: int64 `[others]`, items drawn to be j in that.
        regularisation: Weight of the factors' squares.
    """

    item_factors: np.ndarray
    item_bias: np.ndarray
    others: np.ndarray
    regularisation: float

    @classmethod
    def fit(
        cls,
        histories: RawHistories,
        seed: int,
        factors: int = FACTORS,
        learning_rate: float = LEARNING_RATE,
        regularisation: float = REGULARISATION,
        epochs: int = EPOCHS,
    ) -> Self:
        """Fits all events, in one thread: with several, who comes first changes the result.

        Args:
            histories: The events to fit.
            seed: Of the first factors, and of the draws.
            factors: Length of w_u and h_i.
            learning_rate: Of the descent.
            regularisation: Weight of the factors' squares.
            epochs: As many triples are drawn in each as there are events.
        """
        from implicit.cpu.bpr import BayesianPersonalizedRanking  # of the extra `baselines`

        model = BayesianPersonalizedRanking(
            factors=factors,
            learning_rate=learning_rate,
            regularization=regularisation,
            iterations=epochs,
            num_threads=1,
            random_state=seed,
        )
        ones = np.ones(len(histories.history_item), np.float32)
        counts = sparse.csr_matrix(histories.history_matrix(histories.rows, ones))
        model.fit(counts, show_progress=False)
        rng = np.random.default_rng(seed)
        others = rng.choice(histories.items, min(OTHERS, histories.items), replace=False)
        # The last factor of a user is 1, that of an item its bias.
        item_factors = np.ascontiguousarray(model.item_factors[:, :-1])
        return cls(item_factors, model.item_factors[:, -1], others, regularisation)

    def score(self, requests: Requests, rows: np.ndarray) -> np.ndarray:
        """See `evaluation.ranking_protocol.Scorer`."""
        users = fold_in(
            requests, rows, self.item_factors, self.item_bias, self.others, self.regularisation
        )
        return dot_products(users, self.item_factors) + self.item_bias
