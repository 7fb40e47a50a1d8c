"""The network of `PairEncoder`."""

from __future__ import annotations

from typing import Any

import schemas.tf_runtime  # noqa: F401  # before Keras

# isort: split
import keras
from keras import ops

from evaluation.baselines.pairs.config import PairEncoderConfig

PEOPLE, FILM = "people", "film"


class PairEncoderNetwork(keras.Model):
    """A network of people, one of films, and one that combines two people and a film."""

    def __init__(self, config: PairEncoderConfig) -> None:
        """Creates the network."""
        super().__init__()
        self.user_net = _dense(config.hidden)
        self.film_net = _dense(config.hidden)
        self.combiner = keras.Sequential([_dense(config.combiner), keras.layers.Dense(1)])

    def call(self, inputs: dict[str, Any], training: bool | None = None) -> Any:
        """Predicts scaled mean ratings.

        Args:
            inputs: `people` float32 `[batch, 2, features]`, `film` float32 `[batch, features]`.
            training: Makes no difference.

        Returns:
            float32 `[batch, 1]`.
        """
        people = self.user_net(inputs[PEOPLE])
        pair = ops.reshape(people, (-1, people.shape[1] * people.shape[2]))
        return self.combiner(ops.concatenate([pair, self.film_net(inputs[FILM])], axis=-1))


def _dense(widths: tuple[int, ...]) -> Any:
    return keras.Sequential([keras.layers.Dense(width, activation="relu") for width in widths])
