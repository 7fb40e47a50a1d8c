"""What the ranker predicts from a candidate's tokens."""

from __future__ import annotations

from typing import Any

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
import keras
from keras import ops

from ranking.fast_weights import FastWeights
from towers.dropout import Dropout


class Mlp(keras.layers.Layer):
    """Dense layers with LeakyReLU to one number or several; the last starts at 0."""

    def __init__(
        self, width: int, hidden: tuple[int, ...], dropout: float, numbers: int = 1, **kwargs: Any
    ):
        super().__init__(**kwargs)
        self.width = width
        self.hidden = [
            keras.layers.Dense(units, activation=keras.activations.leaky_relu) for units in hidden
        ]
        self.dropout = Dropout(dropout)
        self.last = keras.layers.Dense(numbers, kernel_initializer="zeros")

    def build(self, input_shape: Any = None) -> None:
        width = self.width
        for layer in (*self.hidden, self.last):
            layer.build((None, width))
            width = layer.units
        self.built = True

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Maps `[..., width]` to `[..., numbers]`."""
        # As rows of one matrix, whose layers are fewer operations than those of more axes.
        rows = ops.reshape(inputs, (-1, self.width))
        for layer in self.hidden:
            rows = self.dropout(layer(rows), training=training)
        return ops.reshape(self.last(rows), (*ops.shape(inputs)[:-1], self.last.units))


class RatingBaseline(keras.layers.Layer):
    """The biases of a rating: overall mean, item, and owner as their history shows it.

    The bias model r = mu + b_i + b_u (Koren, Bell and Volinsky 2009), with b_u not learned per user
    but taken from the history in sight: the shrunken mean of rating minus mu minus b_i, once over
    all events and once with a weight that fades with the distance. A new user gets 0.
    """

    def __init__(self, mean: float, **kwargs: Any):
        super().__init__(**kwargs)
        self.mean = mean

    def build(self, input_shape: Any = None) -> None:
        self.mu = FastWeights(self.mean, name="mu")
        self.shrink_all = FastWeights(2.0, name="shrink_all")
        self.shrink_recent = FastWeights(1.0, name="shrink_recent")
        self.fade = FastWeights(-1.5, name="fade")
        self.share_all = FastWeights(0.7, name="share_all")
        self.share_recent = FastWeights(0.3, name="share_recent")
        self.built = True

    def call(self, rating: Any, item_bias: Any, visible: Any, back: Any) -> Any:
        """Mu plus the owners' biases.

        Args:
            rating: `[batch, owners, history_len]`, NaN where none was given.
            item_bias: The same shape, of the rated items.
            visible: `[batch, cutoffs, owners, history_len]` bool, what each cutoff sees.
            back: `[cutoffs, history_len]` float, events from the newest in sight, from 0.

        Returns:
            `[batch, cutoffs, owners]`.
        """
        given = ops.logical_not(ops.isnan(rating))
        mu = self.mu.values()
        residual = ops.where(given, rating - mu - item_bias, 0.0)
        used = ops.cast(ops.logical_and(visible, given[:, None]), residual.dtype)
        fading = ops.exp(-ops.softplus(self.fade.values()) * back)[None, :, None, :]
        return (
            mu
            + self.share_all.values() * _shrunken_mean(residual, used, self.shrink_all.values())
            + self.share_recent.values()
            * _shrunken_mean(residual, used * fading, self.shrink_recent.values())
        )


def _shrunken_mean(values: Any, weights: Any, shrink: Any) -> Any:
    """Weighted mean over the last axis, pulled to 0 as if `softplus(shrink)` more zeros were seen.

    `values` `[batch, owners, history_len]`, `weights` `[batch, cutoffs, owners, history_len]`.
    """
    total = ops.sum(weights * values[:, None], axis=-1)
    return total / (ops.sum(weights, axis=-1) + ops.softplus(shrink))
