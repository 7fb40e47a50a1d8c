"""LightFM: factors of people and items as sums of the factors of their features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy import sparse

from evaluation.baselines.dot_products import dot_products
from evaluation.baselines.user_features import UserFeatures
from evaluation.histories import RawHistories
from evaluation.requests import Requests

# The best of `python -m benchmarks.tune_baselines`, the same for every data set.
FACTORS = 32
LEARNING_RATE = 0.05
EPOCHS = 10


@dataclass(frozen=True, eq=False)
class LightFmHybrid:
    """Scores an item by q_u.p_i + b_u + b_i, each a sum over features.

    The features of a person are who they are and their columns of text, those of an item which it
    is and what the catalogue says of it (Kula, "Metadata embeddings for user and item cold-start
    recommendations", CBRecSys 2015), fitted with WARP, which draws items until one is ranked too
    high (Weston, Bengio & Usunier, "WSABIE: scaling up to large vocabulary image annotation", IJCAI
    2011). Whoever was not fitted has their columns of text alone; histories are read in the fit and
    not in requests, as the model has it.

    Attributes:
        users: Features of people.
        user_factors: float32 `[features, factors + 1]` of each feature, the last one the bias.
        item_factors: float32 `[items, factors]`, p_i.
        item_bias: float32 `[items]`, b_i.
    """

    users: UserFeatures
    user_factors: np.ndarray
    item_factors: np.ndarray
    item_bias: np.ndarray

    @classmethod
    def fit(
        cls,
        histories: RawHistories,
        item_features: sparse.csr_array | None,
        seed: int,
        factors: int = FACTORS,
        learning_rate: float = LEARNING_RATE,
        epochs: int = EPOCHS,
    ) -> Self:
        """Fits all events, in one thread: with several, who comes first changes the result.

        Args:
            histories: The events to fit.
            item_features: `[items, values]`; None: an item is its own feature alone.
            seed: Of the first factors, and of the draws.
            factors: Length of q_u and p_i.
            learning_rate: Of Adagrad.
            epochs: Passes over the events.
        """
        from lightfm import LightFM  # of the extra `lightfm`

        users = UserFeatures.fit(histories)
        of_users = users.matrix(histories, histories.rows)
        of_items = sparse.eye_array(histories.items, dtype=np.float32, format="csr")
        if item_features is not None:
            of_items = sparse.hstack([of_items, item_features], format="csr", dtype=np.float32)
        model = LightFM(
            no_components=factors, learning_rate=learning_rate, loss="warp", random_state=seed
        )
        ones = np.ones(len(histories.history_item), np.float32)
        seen = histories.history_matrix(histories.rows, ones)
        seen.data[:] = 1.0
        model.fit(
            _for_lightfm(seen).tocoo(),
            user_features=_for_lightfm(of_users),
            item_features=_for_lightfm(of_items),
            epochs=epochs,
            num_threads=1,
        )
        return cls(
            users,
            np.column_stack([model.user_embeddings, model.user_biases]),
            of_items @ model.item_embeddings,
            of_items @ model.item_biases,
        )

    def score(self, requests: Requests, rows: np.ndarray) -> np.ndarray:
        """See `evaluation.ranking_protocol.Scorer`."""
        people = self.users.matrix(requests, rows) @ self.user_factors
        found = dot_products(np.ascontiguousarray(people[:, :-1]), self.item_factors)
        return (found + people[:, -1:] + self.item_bias).astype(np.float32)


def _for_lightfm(rows: sparse.csr_array) -> sparse.csr_matrix:
    """The same with the only type of indices that its compiled code takes."""
    places = (rows.indices.astype(np.int32), rows.indptr.astype(np.int32))
    return sparse.csr_matrix((rows.data, *places), shape=rows.shape)
