"""What both models of two people must do, on planted data."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

from evaluation.baselines.pairs.attention import PairAttention
from evaluation.baselines.pairs.config import PairAttentionConfig, PairEncoderConfig
from evaluation.baselines.pairs.encoder import PairEncoder
from evaluation.baselines.pairs.model import PairModel
from evaluation.metrics.errors import rmse
from evaluation.ratings import common_target_pairs
from evaluation.requests import Requests, read_requests
from schemas.artifacts import Artifact
from tests.evaluation.build import make_requests

FITS: dict[str, Callable[[Artifact], PairModel]] = {
    "attention": lambda prepared: PairAttention.fit(
        prepared, PairAttentionConfig(embedding_dim=8, epochs=4, pairs_per_item=1_000)
    ),
    "encoder": lambda prepared: PairEncoder.fit(prepared, PairEncoderConfig(epochs=6)),
}
SHORT_FITS: dict[str, Callable[[Artifact, int], PairAttention | PairEncoder]] = {
    "attention": lambda prepared, seed: PairAttention.fit(
        prepared, PairAttentionConfig(embedding_dim=4, epochs=1, pairs_per_item=5, seed=seed)
    ),
    "encoder": lambda prepared, seed: PairEncoder.fit(
        prepared, PairEncoderConfig(epochs=1, seed=seed)
    ),
}


@pytest.fixture(scope="module", params=FITS)
def model(request: pytest.FixtureRequest, signal: Artifact) -> PairModel:
    return FITS[request.param](signal)


@pytest.fixture(scope="module")
def test_requests(signal: Artifact) -> Requests:
    return read_requests(signal.path, "test")


def test_training_lowers_the_loss(model: PairAttention | PairEncoder) -> None:
    assert len(model.log["loss"]) > 3
    assert model.log["loss"][-1] < 0.8 * model.log["loss"][0]


def test_pairs_are_rated_better_than_by_the_mean(model: PairModel, test_requests: Requests) -> None:
    pairs = common_target_pairs(test_requests, per_item=20, seed=1)
    rating = test_requests.target_rating
    actual = (rating[pairs.left] + rating[pairs.right]) / 2
    predicted = model.predict_pair(test_requests, pairs.left, pairs.right)
    assert predicted.dtype == np.float32
    fitted = np.nanmean(test_requests.history_rating)
    assert rmse(predicted, actual) < 0.95 * rmse(np.full(len(actual), fitted), actual)


@pytest.mark.slow
@pytest.mark.parametrize("fit", SHORT_FITS.values(), ids=SHORT_FITS)
def test_the_seed_decides(
    fit: Callable[[Artifact, int], PairAttention | PairEncoder],
    signal: Artifact,
    test_requests: Requests,
) -> None:
    one, again, other = (
        fit(signal, seed).predict(test_requests, np.arange(20)) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - other).max() > 1e-3


def test_a_batch_of_one_is_a_row_of_a_batch_of_three(
    model: PairModel, test_requests: Requests
) -> None:
    left, right, item = np.array([4, 9, 4]), np.array([70, 30, 70]), np.array([3, 8, 3])
    three = model.rate(test_requests, left, right, item)
    one = model.rate(test_requests, left[1:2], right[1:2], item[1:2])
    np.testing.assert_allclose(three[1:2], one, rtol=1e-5)
    np.testing.assert_allclose(three[0], three[2], rtol=1e-6)
    assert abs(three[0] - three[1]) > 1e-4


def test_targets_and_lists_are_rated_alike(model: PairModel, test_requests: Requests) -> None:
    left, right = np.array([0, 200]), np.array([90, 31])
    scores = model.score(test_requests, left, right)
    assert scores.shape == (2, test_requests.items)
    targets = test_requests.target_item[left]
    np.testing.assert_allclose(
        scores[[0, 1], targets], model.predict_pair(test_requests, left, right), rtol=1e-5
    )
    one = model.score(test_requests, left, left)[[0, 1], targets]
    np.testing.assert_allclose(model.predict(test_requests, left), one, rtol=1e-5)


def test_what_either_has_watched_is_not_recommended(
    model: PairModel, test_requests: Requests
) -> None:
    left, right = np.array([0, 200]), np.array([90, 31])
    lists = model.recommend(test_requests, left, right, test_requests.items)
    scores = model.score(test_requests, left, right)
    watched = test_requests.seen(left) | test_requests.seen(right)
    for row in range(2):
        listed = lists[row][lists[row] >= 0]
        assert sorted(listed) == np.flatnonzero(~watched[row]).tolist()
        assert (np.diff(scores[row][listed]) <= 0).all()


def test_the_target_s_rating_is_not_read(model: PairModel, test_requests: Requests) -> None:
    left, right = np.array([4, 9]), np.array([70, 30])
    other = dataclasses.replace(test_requests, target_rating=6 - test_requests.target_rating)
    np.testing.assert_array_equal(
        model.predict_pair(other, left, right), model.predict_pair(test_requests, left, right)
    )


def test_a_stranger_without_a_history_is_rated(model: PairModel, test_requests: Requests) -> None:
    features = {n: v[:2] for n, v in test_requests.user_features.items()}
    strangers = make_requests(
        [[], [3]], [5, 5], test_requests.items, ratings=[[], [4]], user_features=features
    )
    rated = model.predict_pair(strangers, np.array([0]), np.array([1]))
    assert np.isfinite(rated).all()
    assert (rated > 0).all()
    assert (rated < 6).all()
