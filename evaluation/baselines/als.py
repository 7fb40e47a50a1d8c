"""ALS: factors of implicit events, by the library `implicit`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy import sparse

from evaluation.baselines.dot_products import dot_products
from evaluation.histories import RawHistories
from evaluation.requests import Requests

# The best of `python -m benchmarks.tune_baselines`, the same for every data set.
FACTORS = 128
CONFIDENCE = 2.0
"""Weight of an event beside that of a pair without one, which is 1."""
REGULARISATION = 10.0
ITERATIONS = 20


@dataclass(frozen=True, eq=False)
class Als:
    """Scores an item by x_u.y_i.

    The factors minimise sum_ui c_ui (p_ui - x_u.y_i)^2 + regularisation (|x_u|^2 + |y_i|^2), p_ui
    being 1 and c_ui the confidence for each event, 0 and 1 elsewhere (Hu, Koren & Volinsky,
    "Collaborative filtering for implicit feedback datasets", ICDM 2008). x_u is solved for the
    history of the request, so whoever was not fitted gets factors too.

    Attributes:
        model: The fitted `implicit.cpu.als.AlternatingLeastSquares`.
    """

    model: Any

    @classmethod
    def fit(
        cls,
        histories: RawHistories,
        seed: int,
        factors: int = FACTORS,
        confidence: float = CONFIDENCE,
        regularisation: float = REGULARISATION,
        iterations: int = ITERATIONS,
    ) -> Self:
        """Fits all events.

        Args:
            histories: The events to fit.
            seed: Of the first factors.
            factors: Length of x_u and y_i.
            confidence: c_ui of an event.
            regularisation: Weight of the factors' squares.
            iterations: Times that all x_u, then all y_i, are solved.
        """
        from implicit.cpu.als import AlternatingLeastSquares  # of the extra `baselines`
        from threadpoolctl import threadpool_limits  # which scikit-learn brings

        model = AlternatingLeastSquares(
            factors=factors,
            regularization=regularisation,
            alpha=confidence,
            iterations=iterations,
            random_state=seed,
        )
        with threadpool_limits(1, "blas"):  # its own threads are many already
            model.fit(_counts(histories, histories.rows), show_progress=False)
        return cls(model)

    def score(self, requests: Requests, rows: np.ndarray) -> np.ndarray:
        """See `evaluation.ranking_protocol.Scorer`."""
        users = self.model.recalculate_user(np.arange(len(rows)), _counts(requests, rows))
        return dot_products(users, self.model.item_factors)


def _counts(histories: RawHistories, rows: np.ndarray) -> sparse.csr_matrix:
    """Event counts in the form that `implicit` takes: float32 `[rows, items]`."""
    ones = np.ones(len(histories.events(rows).item), np.float32)
    return sparse.csr_matrix(histories.history_matrix(rows, ones))
