"""The mean rating of owners who watch together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
import keras
from keras import ops

from ranking.fast_weights import FastWeights

PARTS = 3
"""What a rating is the sum of: known of the owner, known of the item, and learned beside both."""


class JointRating(keras.layers.Layer):
    """The mean of the owners' ratings, and a few learned numbers times what the mean is made of.

    Predicted ratings of several people of one item err alike, and by how much depends on the part.
    So the mean of each part has a weight, as has the variance of the ratings, beside a constant.
    Of what these add, two owners have a half, more have more, and one has nothing, whose joint
    rating is their own.
    """

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.weight = FastWeights(np.zeros(PARTS + 2), name="weight")
        self.built = True

    def call(self, rating: Any, parts: Sequence[Any], owner_mask: Any) -> Any:
        """The mean rating of the owners there are.

        Args:
            rating: `[batch, cutoffs, candidates, owners]`, what each would give.
            parts: `PARTS` of what it is the sum of, the overall mean aside; each of the shape of
                `rating`, or of one candidate if it is the same for all.
            owner_mask: `[batch, owners]` bool.

        Returns:
            `[batch, cutoffs, candidates]`.
        """
        mask = ops.cast(owner_mask, rating.dtype)[:, None, None]
        count = ops.maximum(ops.sum(mask, axis=-1), 1.0)

        def mean(values: Any) -> Any:
            return ops.sum(values * mask, axis=-1) / count

        centre = mean(rating)
        apart = mean(ops.square(rating - ops.expand_dims(centre, -1)))
        shape = ops.zeros_like(centre)
        terms = [shape + 1.0, *(shape + mean(part) for part in parts), apart]
        added = ops.matmul(ops.stack(terms, axis=-1), self.weight.values())
        return centre + (1.0 - 1.0 / count) * added
