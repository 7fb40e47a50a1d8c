"""A few learned numbers that must get far in few steps."""

from __future__ import annotations

from typing import Any

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
import keras

SPEED = 10.0
"""A step changes what ratings are added up with so many times as much as an entry of a matrix."""


class FastWeights(keras.layers.Layer):
    """Learned numbers that stand alone, kept as a small part of what they mean.

    A step of Adam changes every weight by about the learning rate, however large it is or should
    become (Kingma and Ba, ICLR 2015). That suits the thousands of small entries of a matrix, whose
    changes add up. A damping or the weight of a feature stands alone, and would stay about where it
    began for as long as a ranker is trained.
    """

    def __init__(self, start: Any, speed: float = SPEED, **kwargs: Any):
        """Creates the layer and its numbers.

        Args:
            start: The numbers to begin with, of any shape.
            speed: How many times as much a step changes them as other weights.
            **kwargs: Of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.speed = speed
        start = np.asarray(start, np.float32)
        begin = keras.initializers.Constant(start / speed)
        self.slow = self.add_weight(shape=start.shape, initializer=begin, name="slow")
        self.built = True

    def values(self) -> Any:
        """The numbers."""
        return self.slow * self.speed

    def assign(self, values: Any) -> None:
        """Sets the numbers."""
        wanted = np.broadcast_to(np.asarray(values, np.float32), self.slow.shape)
        self.slow.assign(wanted / self.speed)
