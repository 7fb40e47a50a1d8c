"""The literal settings of the pair model with attention, and its parts by hand."""

from __future__ import annotations

import numpy as np

import schemas.tf_runtime  # noqa: F401  # before Keras

# isort: split
import keras

from evaluation.baselines.pairs.attention import new_network
from evaluation.baselines.pairs.attention_network import SequenceProcessor, mean_of_present
from evaluation.baselines.pairs.config import PairAttentionConfig
from schemas.artifacts import Artifact
from schemas.config import PrepareConfig

NAN = float("nan")


def test_missing_ids_are_an_unknown_movie_and_missing_ratings_0() -> None:
    item_id, rating = SequenceProcessor(unknown_movie=9)(
        np.array([[0, 3, 9]]), np.array([[NAN, 2.5, NAN]], np.float32)
    )
    assert np.asarray(item_id).tolist() == [[9, 3, 9]]
    assert np.asarray(rating).tolist() == [[0, 2.5, 0]]


def test_a_mean_of_features_leaves_padding_out() -> None:
    vectors = np.array([[[1, 2], [3, 4], [5, 5]], [[1, 1], [1, 1], [1, 1]]], np.float32)
    index = np.array([[1, 2, 0], [0, 0, 0]])
    assert np.asarray(mean_of_present(vectors, index)).tolist() == [[2, 3], [0, 0]]


def test_the_settings_are_literally_those_of_the_seed(by_hand: Artifact) -> None:
    config = PairAttentionConfig()
    assert (PrepareConfig().window_len, PrepareConfig().window_step) == (4, 2)
    assert (config.batch_size, config.epochs) == (32, 10)
    network = new_network(by_hand, 4, config)
    assert isinstance(network.optimizer, keras.optimizers.Adagrad)
    np.testing.assert_allclose(network.optimizer.learning_rate, 0.01, rtol=1e-6)
    assert network.loss == "mse"
    assert network.attention.num_heads == 3
    assert isinstance(network.normalise, keras.layers.LayerNormalization)
    layer = keras.layers
    kinds = [layer.Dense, layer.BatchNormalization, layer.LeakyReLU, layer.Dropout]
    assert [type(part) for part in network.hidden] == kinds * 2
    assert [network.hidden[0].units, network.hidden[4].units] == [256, 128]
    assert [network.hidden[3].rate, network.hidden[7].rate] == [0.1, 0.1]
    assert network.rating.units == 1
    assert {*network.user_tables} == {"user_index", "gender", "age", "occupation"}
    # Padding is looked up as a film outside the vocabulary, whose index is the last.
    assert network.process.unknown_movie == by_hand.figures["sizes"]["item_id"] - 1
