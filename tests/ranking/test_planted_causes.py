"""The trained ranker on data where it is known why an item is watched: it follows another."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from schemas.artifacts import Artifact
from tests.planted import SERIES_LENGTH

import tensorflow as tf  # isort: skip  (after the modules above, which prepare the process)

SERIES, HISTORIES, EVENTS = 15, 20, 8
MOSTLY = 0.9
"""Share of the items whose cause is found; by chance it would be one of eight."""


@pytest.fixture(scope="module")
def model(ranking: Artifact) -> Any:
    return tf.saved_model.load(str(ranking.path / "model"))


@pytest.fixture(scope="module")
def histories() -> np.ndarray:
    """`[HISTORIES, EVENTS]` item numbers, each of another series of its history."""
    random = np.random.default_rng(0)
    series = np.stack([random.permutation(SERIES)[:EVENTS] for _ in range(HISTORIES)])
    return 1 + series * SERIES_LENGTH + random.integers(0, SERIES_LENGTH - 1, series.shape)


def explain(model: Any, histories: np.ndarray, candidates: np.ndarray) -> dict[str, np.ndarray]:
    """Explanations of `[requests, owners, events]` histories for `[requests, candidates]` items.

    Retrieval says the same of all items.
    """
    people, hours = histories.shape[:2], np.arange(histories.shape[2])
    found = model.signatures["explain"](
        history_item_id=tf.constant(histories.astype(str)),
        history_rating=tf.fill(histories.shape, 4.0),
        history_timestamp=tf.constant(874_000_000 + 3_600 * hours + 0 * histories, tf.int64),
        owner_count=tf.fill(people[:1], tf.constant(people[1], tf.int64)),
        gender=tf.fill(people, ""),
        age=tf.fill(people, float("nan")),
        occupation=tf.fill(people, ""),
        candidate_item_id=tf.constant(candidates.astype(str)),
        retrieval_score=tf.zeros((*candidates.shape, people[1])),
    )
    return {name: value.numpy() for name, value in found.items()}


def test_an_item_is_explained_by_the_one_before_it(model: Any, histories: np.ndarray):
    found = explain(model, histories[:, None], histories + 1)
    change = np.abs(found["watch_next"][:, :, 0, 0])  # candidate c follows event c
    cause = np.take_along_axis(found["event"][:, 0], change.argmax(axis=-1), axis=1)
    assert (cause == np.arange(EVENTS)).mean() > MOSTLY
    assert (found["watch_next"].max(axis=-1) > 0.1).all()


def test_a_pair_s_item_is_explained_by_whoever_saw_the_one_before_it(
    model: Any, histories: np.ndarray
):
    half = EVENTS // 2
    owners = np.stack([histories[:, :half], histories[:, half:]], axis=1)
    change = np.abs(explain(model, owners, histories + 1)["watch_next"].mean(axis=2))
    strongest = change.reshape(*change.shape[:2], -1).argmax(axis=-1)
    owner, place = np.divmod(strongest, change.shape[-1])
    expected = np.arange(EVENTS)
    place = place - (change.shape[-1] - half)  # newest events come last
    assert ((owner == expected // half) & (place == expected % half)).mean() > MOSTLY
    turned = explain(model, owners[:, ::-1], histories + 1)["watch_next"].mean(axis=2)
    np.testing.assert_allclose(np.abs(turned[:, :, ::-1]), change, atol=1e-5, rtol=1e-5)
