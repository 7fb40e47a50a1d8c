"""What the ratings in a history say of a candidate, by the items that are rated alike."""

from __future__ import annotations

from typing import Any

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
import keras
from keras import ops

from ranking.fading import Fading
from ranking.fast_weights import SPEED, FastWeights

FADES = (0.93, 0.9999)
"""What is left of an event's weight by the event after it, where the learned fades begin."""
WEIGHTS = (0.0, 1.0)
"""What the means of the fades weigh in a rating, where these weights begin."""
FEATURES = 2 * len(FADES)
DAMPING = 0.2
"""Agreement with nothing that is added to that of the events; where it begins."""
RESOLUTION = 10.0
"""Agreement well below its inverse counts as it is, that above by its logarithm."""


class AgreementFeatures(keras.layers.Layer):
    """Item-based nearest neighbours on what the biases leave of the ratings (Koren 2010).

    For each of several learned fades the mean of the events' deviations, weighted by their
    agreement with the candidate and damped, and how much agreement there was.
    """

    def build(self, input_shape: Any = None) -> None:
        self.fading = Fading(FADES, SPEED, name="fading")
        damping = np.full(len(FADES), np.log(np.expm1(DAMPING)))
        self.damping = FastWeights(damping, name="damping")
        self.built = True

    def call(self, agreement: Any, deviation: Any, visible: Any, back: Any) -> Any:
        """Features of every candidate for every owner.

        Args:
            agreement: `[batch, cutoffs, candidates, owners, history_len]` float, at least 0.
            deviation: `[batch, cutoffs, owners, history_len]` float, each event's rating less what
                the biases expect of it; 0 where nothing was rated.
            visible: The same shape, bool, the rated events that each cutoff sees.
            back: `[cutoffs, history_len]` float, events from the newest in sight, from 0.

        Returns:
            `[batch, cutoffs, candidates, owners, FEATURES]` float: the means, then how much
            agreement there was; 0 where there was none.
        """
        weight = self.fading(visible, back)
        total = ops.einsum("btcol,bftol,btol->btcof", agreement, weight, deviation)
        mass = ops.einsum("btcol,bftol->btcof", agreement, weight)
        mean = total / (mass + ops.softplus(self.damping.values()))
        return ops.concatenate([mean, ops.log1p(RESOLUTION * mass)], axis=-1)
