"""The static view: how likely a history, taken as a set, holds an item that is hidden."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy import sparse

from evaluation.baselines.static.estimators import Estimators
from evaluation.baselines.static.examples import (
    draw_hidden,
    ending_at,
    features_of,
    follows,
    pairs_with_unwatched,
)
from evaluation.baselines.static.features import StaticFeatures
from evaluation.histories import RawHistories
from evaluation.requests import Requests


@dataclass(frozen=True, eq=False)
class StaticRanking:
    """Scores an item by the probability that it is the hidden one of the history.

    Fitted by random masking, an event is hidden and is to be told from items that the person never
    watched, by what the rest says (`StaticFeatures`), with nothing of the hidden event in it;
    fitted sequentially, by what came before it alone, from items not watched until then. Either way
    what is known is a set.

    Attributes:
        features: Of the fitted events.
        classifier: A fitted classifier with scikit-learn's interface.
    """

    features: StaticFeatures
    classifier: Any

    @classmethod
    def fit(
        cls,
        histories: RawHistories,
        item_features: sparse.csr_array | None,
        seed: int,
        estimators: Estimators,
        sequential: bool = False,
    ) -> Self:
        """Fits drawn events and drawn items.

        Args:
            histories: The events to fit.
            item_features: Rows of unit length, `[items, values]`; None: there are none.
            seed: Of the draws and of the model.
            estimators: The kind of model.
            sequential: Whether a history ends where its event is hidden.
        """
        features = StaticFeatures.fit(histories, item_features)
        usable = follows(histories) if sequential else np.ones(len(histories.history_item), bool)
        events = draw_hidden(histories, usable, seed)
        if sequential:
            histories, events = ending_at(histories, events)
        pairs = pairs_with_unwatched(histories, events, seed)
        classifier, _ = estimators(seed)
        watched = (pairs.item == pairs.hidden).astype(np.int64)
        classifier.fit(features_of(features, histories, pairs), watched)
        return cls(features, classifier)

    def score(self, requests: Requests, rows: np.ndarray) -> np.ndarray:
        """See `evaluation.ranking_protocol.Scorer`."""
        found = self.features.of_catalogue(requests, rows)
        likely = self.classifier.predict_proba(found)[:, 1]
        return likely.reshape(len(rows), requests.items).astype(np.float32)
