"""Attention over two people's newest films, to the mean of their ratings of a next one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

import schemas.tf_runtime  # noqa: F401  # before Keras

# isort: split
import keras

from evaluation.baselines.pairs.attention_network import USER_INDEX, PairAttentionNetwork
from evaluation.baselines.pairs.config import PairAttentionConfig
from evaluation.baselines.pairs.fitting import STEPS_AT_ONCE, ask, fit_network
from evaluation.baselines.pairs.model import PairModel
from evaluation.baselines.pairs.vocabulary import Vocabulary
from evaluation.baselines.pairs.windows import newest_window, paired_windows, window_events
from evaluation.batches import Progress, show_nothing
from evaluation.requests import Requests
from schemas import columns
from schemas.artifacts import Artifact
from schemas.prepared import item_sizes, load_item_table, user_sizes


@dataclass(frozen=True, eq=False)
class PairAttention(PairModel):
    """Fitted on pairs of windows of `fit` that end with the same film.

    Attributes:
        network: Predicts the mean rating in stars.
        vocabulary: Raw requests to indices.
        users: bytes `[users]`, sorted: the people who were fitted.
        events: Newest events of a history that are read.
        log: Loss and mean absolute error of each epoch.
        pairs: How many were fitted.
    """

    network: PairAttentionNetwork
    vocabulary: Vocabulary
    users: np.ndarray
    events: int
    log: dict[str, list[float]]
    pairs: int

    @classmethod
    def fit(
        cls,
        prepared: Artifact,
        config: PairAttentionConfig | None = None,
        progress: Progress = show_nothing,
    ) -> Self:
        """Fits the windows of `fit`.

        Args:
            prepared: Prepared with the task `sliding_windows`.
            config: The settings; None: those of the model that this stands for.
            progress: Told of the training steps.

        Raises:
            ValueError: As `paired_windows`.
        """
        config = config or PairAttentionConfig()
        data = paired_windows(prepared, "fit", config.pairs_per_item, config.seed)
        users = np.unique(data.user_id)
        inputs = data.inputs | {USER_INDEX: _user_index(users, data.user_id)}
        network = new_network(prepared, len(users) + 1, config)
        log = fit_network(
            network,
            inputs,
            data.rating,
            config.batch_size,
            config.epochs,
            "pair attention",
            progress,
        )
        vocabulary, events = Vocabulary(prepared), window_events(prepared)
        return cls(network, vocabulary, users, events, log, len(data.rating))

    def rate(
        self, requests: Requests, left: np.ndarray, right: np.ndarray, item: np.ndarray
    ) -> np.ndarray:
        """See `PairModel.rate`."""
        rows, back = np.unique(np.stack([left, right], axis=1), return_inverse=True)
        people: dict[str, Any] = newest_window(
            requests, rows, self.vocabulary.items, self.events
        ) | self.vocabulary.users(requests, rows)
        user_id = np.char.encode(requests.user_ids[rows].astype(str), "utf-8")
        people[USER_INDEX] = _user_index(self.users, user_id)
        inputs = {name: values[back] for name, values in people.items()}
        inputs[columns.TARGET_ITEM_ID] = self.vocabulary.items[item]
        return ask(self.network, inputs)


def new_network(
    prepared: Artifact, users: int, config: PairAttentionConfig
) -> PairAttentionNetwork:
    """A compiled network with fresh weights, the same for the same seed.

    Args:
        prepared: The prepared artefact.
        users: Indices of people, that of unknown ones included.
        config: The settings.
    """
    keras.utils.set_random_seed(config.seed)
    network = PairAttentionNetwork(
        load_item_table(prepared),
        item_sizes(prepared),
        {USER_INDEX: users} | user_sizes(prepared),
        config,
    )
    network.compile(
        optimizer=keras.optimizers.Adagrad(config.learning_rate),
        loss="mse",
        metrics=["mae"],
        steps_per_execution=STEPS_AT_ONCE,
    )
    return network


def _user_index(users: np.ndarray, user_id: np.ndarray) -> np.ndarray:
    """1 + place among the sorted `users`, 0 for others: int64, the shape of `user_id`."""
    place = np.minimum(np.searchsorted(users, user_id), len(users) - 1)
    return np.where(users[place] == user_id, place + 1, 0)
