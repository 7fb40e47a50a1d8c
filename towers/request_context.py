"""When a request is made: hour of the day and day of the week."""

from __future__ import annotations

from typing import Any

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
import keras
from keras import ops

from towers.initializers import small_normal

HOURS, WEEKDAYS = 24, 7
HOUR_S, DAY_S = 3_600, 86_400
FIRST_DAY = 3
"""1970-01-01 was a Thursday: day 3 of a week that begins on Monday."""


class RequestContext(keras.layers.Layer):
    """One vector for each hour and each weekday (UTC), added up.

    Added to a query, it raises the items that are watched at such a time.
    """

    def __init__(self, dim: int, **kwargs: Any):
        super().__init__(**kwargs)
        small = small_normal()
        self.hour, self.weekday = (
            keras.layers.Embedding(size, dim, embeddings_initializer=small, name=name)
            for size, name in ((HOURS, "hour_embedding"), (WEEKDAYS, "weekday_embedding"))
        )

    def build(self, input_shape: Any = None) -> None:
        self.hour.build(None)
        self.weekday.build(None)
        self.built = True

    def call(self, timestamp: Any) -> Any:
        """Vectors of moments.

        Args:
            timestamp: `[...]` int64 unix seconds; 0 where unknown.

        Returns:
            `[..., dim]` float; zeros where unknown.
        """
        vectors = self.hour(hour_of(timestamp)) + self.weekday(weekday_of(timestamp))
        return ops.where(ops.expand_dims(timestamp > 0, -1), vectors, ops.zeros_like(vectors))


def hour_of(timestamp: Any) -> Any:
    """Hour of the day, 0 to 23."""
    return timestamp // HOUR_S % HOURS


def weekday_of(timestamp: Any) -> Any:
    """Day of the week, 0 for Monday to 6."""
    return (timestamp // DAY_S + FIRST_DAY) % WEEKDAYS
