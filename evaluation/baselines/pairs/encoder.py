"""Three networks from what is known of two people and a film to the mean of their ratings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np

import schemas.tf_runtime  # noqa: F401  # before Keras

# isort: split
import keras
import tensorflow as tf

from evaluation.baselines.pairs.config import PairEncoderConfig
from evaluation.baselines.pairs.encoder_network import FILM, PEOPLE, PairEncoderNetwork
from evaluation.baselines.pairs.facts import Facts
from evaluation.baselines.pairs.fitting import STEPS_AT_ONCE, ask, fit_network
from evaluation.baselines.pairs.model import PairModel
from evaluation.baselines.pairs.vocabulary import Vocabulary
from evaluation.baselines.pairs.windows import LABEL, check_explicit
from evaluation.batches import Progress, show_nothing
from evaluation.requests import Requests
from schemas import columns
from schemas.artifacts import Artifact
from schemas.prepared import load_card, load_examples

TASK = "pairs"
SIDES = ("left", "right")
ITEM_MEAN, USER_MEAN = "target_item_mean", "history_mean"


class Pairs(NamedTuple):
    """Pairs of people who rated the same film.

    Attributes:
        people: float32 `[pairs, 2, features]`, as `Facts.people`.
        film: float32 `[pairs, features]`, as `Facts.films`; the average without their own ratings.
        rating: float32 `[pairs]`, mean of their ratings.
    """

    people: np.ndarray
    film: np.ndarray
    rating: np.ndarray


class Standard(NamedTuple):
    """Features less their mean, in standard deviations; what is missing is the mean."""

    mean: np.ndarray
    deviation: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray) -> Self:
        """From float `[..., features]`; one that does not vary, or is never known, becomes 0."""
        flat = values.reshape(-1, values.shape[-1]).astype(np.float64)
        known = ~np.isnan(flat)
        count = np.maximum(known.sum(axis=0), 1)
        mean = np.where(known, flat, 0.0).sum(axis=0) / count
        variance = np.square(np.where(known, flat - mean, 0.0)).sum(axis=0) / count
        return cls(mean, np.where(variance > 0, np.sqrt(variance), np.inf))

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """float32, the shape of `values`."""
        scaled = (values - self.mean) / self.deviation
        return np.where(np.isnan(values), 0.0, scaled).astype(np.float32)


@dataclass(frozen=True, eq=False)
class PairEncoder(PairModel):
    """Fitted on the pairs of `fit`; knows nobody by id, so new people are rated by their history.

    Attributes:
        network: Predicts ratings on a scale of 0 to 1.
        facts: Of films and people.
        people: Scaling of people's features.
        film: Scaling of a film's.
        scale: Ends of the rating scale.
        log: Loss and mean absolute error of each epoch, both scaled.
        pairs: How many were fitted.
    """

    network: PairEncoderNetwork
    facts: Facts
    people: Standard
    film: Standard
    scale: tuple[float, float]
    log: dict[str, list[float]]
    pairs: int

    @classmethod
    def fit(
        cls,
        prepared: Artifact,
        config: PairEncoderConfig | None = None,
        progress: Progress = show_nothing,
    ) -> Self:
        """Fits the pairs of `fit`.

        Args:
            prepared: Prepared with the task `pairs`, explicit labels and `statistics_features`.
            config: The settings; None: the defaults.
            progress: Told of the training steps.

        Raises:
            ValueError: The artefact was prepared otherwise.
        """
        config = config or PairEncoderConfig()
        facts = Facts.read(prepared)
        data = read_pairs(prepared, "fit", facts)
        people, film = Standard.of(data.people), Standard.of(data.film)
        low, high = load_card(prepared).rating_range
        network = new_network(config)
        log = fit_network(
            network,
            {PEOPLE: people(data.people), FILM: film(data.film)},
            (data.rating - low) / (high - low),
            config.batch_size,
            config.epochs,
            "pair encoder",
            progress,
        )
        return cls(network, facts, people, film, (low, high), log, len(data.rating))

    def rate(
        self, requests: Requests, left: np.ndarray, right: np.ndarray, item: np.ndarray
    ) -> np.ndarray:
        """See `PairModel.rate`."""
        rows, back = np.unique(np.stack([left, right], axis=1), return_inverse=True)
        people = self.people(self.facts.people(requests, rows))[back]
        film = self.film(self.facts.films(item, self.facts.item_mean[item]))
        scaled = ask(self.network, {PEOPLE: people, FILM: film})
        low, high = self.scale
        return low + (high - low) * scaled


def new_network(config: PairEncoderConfig) -> PairEncoderNetwork:
    """A compiled network with fresh weights, the same for the same seed."""
    keras.utils.set_random_seed(config.seed)
    network = PairEncoderNetwork(config)
    network.compile(
        optimizer=keras.optimizers.Adam(config.learning_rate),
        loss="mse",
        metrics=["mae"],
        steps_per_execution=STEPS_AT_ONCE,
    )
    return network


def read_pairs(prepared: Artifact, split: str, facts: Facts) -> Pairs:
    """The pairs of a split, with the statistics that preparation gave them.

    Args:
        prepared: Prepared with the task `pairs` and explicit labels.
        split: One of `schemas.columns.SPLITS`.
        facts: Of the same artefact.

    Raises:
        ValueError: The artefact was prepared otherwise.
    """
    check_explicit(prepared)
    order = (columns.TARGET_ITEM_ID, *(f"{columns.USER_ID}_{side}" for side in SIDES))
    read = load_examples(prepared, TASK, split, _features(facts), order)
    sides = [
        np.concatenate([read[f"{name}_{side}"] for name in _statistics(facts)], axis=1)
        for side in SIDES
    ]
    item = Vocabulary(prepared).catalogue_rows(read[columns.TARGET_ITEM_ID])
    film = facts.films(item, read[ITEM_MEAN])
    return Pairs(np.stack(sides, axis=1), film, read[LABEL])


def _statistics(facts: Facts) -> dict[str, int]:
    """Columns of a person's features in their order, and how many values each has."""
    counts = {f"history_{name}_count": v.shape[1] for name, v in facts.values.items()}
    return {USER_MEAN: 1} | counts


def _features(facts: Facts) -> dict[str, tf.io.FixedLenFeature]:
    """What is read of a record."""
    features = {name: tf.io.FixedLenFeature([], tf.float32) for name in (LABEL, ITEM_MEAN)}
    features[columns.TARGET_ITEM_ID] = tf.io.FixedLenFeature([], tf.int64)
    for side in SIDES:
        features[f"{columns.USER_ID}_{side}"] = tf.io.FixedLenFeature([], tf.string)
        for name, width in _statistics(facts).items():
            features[f"{name}_{side}"] = tf.io.FixedLenFeature([width], tf.float32)
    return features
