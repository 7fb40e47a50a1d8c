"""Rankers without a part of the model: what they no longer read."""

from __future__ import annotations

import numpy as np
import pytest

from ranking.model import Ranker
from schemas.config import RankingConfig
from tests.ranking.noise import noise
from tests.ranking.test_model import DIM, LENGTH, TOLERANCE, make_batch, score, take

import keras  # isort: skip  (after the modules above, which prepare the process)
import tensorflow as tf  # isort: skip


def make_ranker(*without: str) -> Ranker:
    keras.utils.set_random_seed(3)
    config = RankingConfig(
        embedding_dim=DIM,
        history_len=LENGTH,
        attention_len=LENGTH,
        hidden=(16, 8),
        without=tuple(without),
    )
    model = Ranker({"item_id": 30, "genres": 5}, {"age": 6}, (1.0, 5.0), 3.5, config)
    model.set_weights(noise(model, 0.3))
    return model


@pytest.mark.parametrize("owners", [1, 2, 3])
def test_without_pair_attention_an_owner_is_scored_as_if_alone(owners: int):
    ranker, batch = make_ranker("pair_attention"), make_batch(2, owners, 4)
    together = score(ranker, batch)
    for owner in range(owners):
        alone = score(ranker, take(batch, owners=[owner]))
        for name in ("rating", "like", "watch_next"):
            np.testing.assert_allclose(together[name][..., [owner]], alone[name], **TOLERANCE)
    whole = score(make_ranker(), batch)["rating"]
    equal = np.abs(whole - together["rating"]).max() < 1e-4
    assert equal == (owners == 1)


def test_numbers_of_owners_and_candidates_may_be_unknown():
    ranker, batch = make_ranker("pair_attention"), make_batch(2, 3, 4)
    spec = {
        name: tf.TensorSpec([None, None, *np.shape(values)[2:]], np.asarray(values).dtype)
        for name, values in batch.items()
    }
    for name in ("candidate_vector", "retrieval_score", "affinity", "agreement"):
        shape = [None, 1, None, *np.shape(batch[name])[3:]]
        if name != "candidate_vector":
            shape[3] = None
        spec[name] = tf.TensorSpec(shape, tf.float32)
    call = tf.function(lambda given: ranker(given, training=False), input_signature=[spec])
    found = call({name: tf.constant(values) for name, values in batch.items()})
    for name, values in score(ranker, batch).items():
        np.testing.assert_allclose(found[name], values, **TOLERANCE)


def test_without_times_no_time_is_read():
    batch = make_batch(2, 2, 4)
    later = batch | {"history_timestamp": batch["history_timestamp"] * 3}
    for ranker, reads in ((make_ranker("times"), False), (make_ranker(), True)):
        before, after = score(ranker, batch), score(ranker, later)
        moved = max(np.abs(after[name] - before[name]).max() for name in before)
        assert (moved > 1e-4) == reads


def test_without_rating_tokens_choices_go_by_what_was_watched():
    batch = make_batch(2, 2, 4)
    other = batch | {"history_rating": 6 - batch["history_rating"]}
    for ranker, reads in ((make_ranker("rating_tokens"), False), (make_ranker(), True)):
        before, after = score(ranker, batch), score(ranker, other)
        assert (np.abs(after["watch_next"] - before["watch_next"]).max() > 1e-4) == reads
        assert np.abs(after["rating"] - before["rating"]).max() > 1e-4  # by what is given else


def test_without_content_an_item_is_its_id():
    items = {"item_id": np.array([1, 2]), "genres": np.array([[1, 2], [3, 0]])}
    other = items | {"genres": np.array([[4, 0], [1, 2]])}
    for ranker, reads in ((make_ranker("item_content"), False), (make_ranker(), True)):
        before, after = (np.asarray(ranker.item_vectors(of)) for of in (items, other))
        assert (np.abs(after - before).max() > 1e-4) == reads
