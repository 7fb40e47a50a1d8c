"""What the ranker predicts from a candidate's tokens."""

from __future__ import annotations

from typing import Any

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
import keras
from keras import ops

from towers.dropout import Dropout


class Mlp(keras.layers.Layer):
    """Dense layers with LeakyReLU to one number; the last starts at 0."""

    def __init__(self, width: int, hidden: tuple[int, ...], dropout: float, **kwargs: Any):
        super().__init__(**kwargs)
        self.width = width
        self.hidden = [
            keras.layers.Dense(units, activation=keras.activations.leaky_relu) for units in hidden
        ]
        self.dropout = Dropout(dropout)
        self.last = keras.layers.Dense(1, kernel_initializer="zeros")

    def build(self, input_shape: Any = None) -> None:
        width = self.width
        for layer in (*self.hidden, self.last):
            layer.build((None, width))
            width = layer.units
        self.built = True

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Maps `[..., width]` to `[...]`."""
        for layer in self.hidden:
            inputs = self.dropout(layer(inputs), training=training)
        return ops.squeeze(self.last(inputs), -1)


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
        def weight(name: str, value: float) -> Any:
            start = keras.initializers.Constant(value)
            return self.add_weight(shape=(), initializer=start, name=name)

        self.mu = weight("mu", self.mean)
        self.shrink_all = weight("shrink_all", 2.0)
        self.shrink_recent = weight("shrink_recent", 1.0)
        self.fade = weight("fade", -1.5)
        self.share_all = weight("share_all", 0.7)
        self.share_recent = weight("share_recent", 0.3)
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
        residual = ops.where(given, rating - self.mu - item_bias, 0.0)
        used = ops.cast(ops.logical_and(visible, given[:, None]), residual.dtype)
        fading = ops.exp(-ops.softplus(self.fade) * back)[None, :, None, :]
        return (
            self.mu
            + self.share_all * _shrunken_mean(residual, used, self.shrink_all)
            + self.share_recent * _shrunken_mean(residual, used * fading, self.shrink_recent)
        )


def _shrunken_mean(values: Any, weights: Any, shrink: Any) -> Any:
    """Weighted mean over the last axis, pulled to 0 as if `softplus(shrink)` more zeros were seen.

    `values` `[batch, owners, history_len]`, `weights` `[batch, cutoffs, owners, history_len]`.
    """
    total = ops.sum(weights * values[:, None], axis=-1)
    return total / (ops.sum(weights, axis=-1) + ops.softplus(shrink))
