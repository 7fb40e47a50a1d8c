"""Scaling of the pair encoder's features, and its three networks."""

from __future__ import annotations

import numpy as np

from evaluation.baselines.pairs.config import PairEncoderConfig
from evaluation.baselines.pairs.encoder import Standard, new_network
from evaluation.baselines.pairs.encoder_network import FILM, PEOPLE
from evaluation.baselines.pairs.fitting import ask

NAN = float("nan")


def test_scaling_by_hand() -> None:
    # First feature: 1, 3 and one missing: mean 2, deviation 1. The second does not vary, the third
    # is never known: both say nothing, whatever comes later.
    values = np.array([[[1, 5, NAN], [3, 5, NAN]], [[NAN, 5, NAN], [NAN, 5, NAN]]], np.float32)
    scale = Standard.of(values)
    assert scale(values).tolist() == [[[-1, 0, 0], [1, 0, 0]], [[0, 0, 0], [0, 0, 0]]]
    later = scale(np.array([[4.0, 9.0, 2.0]], np.float32))
    assert later.tolist() == [[2, 0, 0]]
    assert later.dtype == np.float32


def test_both_people_share_a_network_and_the_film_has_its_own() -> None:
    network = new_network(PairEncoderConfig(hidden=(8, 4), combiner=(6,)))
    people = np.arange(12, dtype=np.float32).reshape(2, 2, 3) / 10
    film = np.ones((2, 5), np.float32)
    rated = ask(network, {PEOPLE: people, FILM: film})
    assert rated.shape == (2,)
    # Weights and biases: people 3-8-4, films 5-8-4, together 4 + 4 + 4 - 6 - 1.
    shapes = [tuple(weight.shape) for weight in network.trainable_variables]
    assert shapes == [
        *[(3, 8), (8,), (8, 4), (4,)],
        *[(5, 8), (8,), (8, 4), (4,)],
        *[(12, 6), (6,), (6, 1), (1,)],
    ]
    # Each of the three is read.
    for name, other in ((PEOPLE, people + 1), (FILM, film + 1)):
        changed = ask(network, {PEOPLE: people, FILM: film} | {name: other})
        assert np.abs(changed - rated).max() > 1e-4
