"""The textbook ranker: every candidate in a sequence of its own.

Behavior Sequence Transformer (Chen et al. 2019, arxiv.org/abs/1905.06874): the candidate is the
last token of the history's sequence, post-norm blocks run over all tokens, and their outputs, laid
side by side with the person's features, enter an MLP. It knows one person: a request of several
owners is scored for each of them.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
import keras
import tensorflow as tf
from keras import layers, ops

from benchmarks.ranking_speed.content import Call
from schemas.config import RankingConfig

TIME_BUCKETS = 34
"""Powers of two of the seconds from an event to the newest one, which are the paper's positions."""
SEQUENCE, TIME = "sequence", "time"


def bst(items: int, people: Mapping[str, int], tokens: int, config: RankingConfig) -> keras.Model:
    """The model of the paper as plain Keras layers, in the widths of our ranker.

    Args:
        items: Indices of items.
        people: Each user input to its number of indices.
        tokens: Events of a history, and the candidate.
        config: Its `embedding_dim`, `heads`, `blocks`, `hidden` and `dropout` are taken.

    Returns:
        A model of `sequence` and `time` `[sequences, tokens]` and each user input `[sequences]`,
        all int32, that gives `[sequences, 1]` float32.
    """
    dim = config.embedding_dim
    sequence = keras.Input((tokens,), dtype="int32", name=SEQUENCE)
    time = keras.Input((tokens,), dtype="int32", name=TIME)
    persons = {name: keras.Input((), dtype="int32", name=name) for name in people}
    x = layers.Embedding(items, dim)(sequence) + layers.Embedding(TIME_BUCKETS, dim)(time)
    for _ in range(config.blocks):
        attended = layers.MultiHeadAttention(config.heads, dim // config.heads)(x, x)
        x = layers.LayerNormalization()(x + layers.Dropout(config.dropout)(attended))
        wide = layers.Dense(4 * dim, activation="leaky_relu")(x)
        narrow = layers.Dropout(config.dropout)(layers.Dense(dim)(wide))
        x = layers.LayerNormalization()(x + narrow)
    known = [layers.Embedding(size, dim)(persons[name]) for name, size in people.items()]
    x = ops.concatenate([layers.Flatten()(x), *known], axis=-1)
    for units in config.hidden:
        x = layers.Dropout(config.dropout)(layers.Dense(units, activation="leaky_relu")(x))
    score = layers.Dense(1, activation="sigmoid")(x)
    return keras.Model({SEQUENCE: sequence, TIME: time, **persons}, score)


class SequenceRanker:
    """Scores a call with the model, in slices: the candidates of one owner of one request.

    All sequences of 64 requests of four owners would need tens of gigabytes; and what fits the
    caches is not slower than more at once. Items and people come as indices, so that the peer is
    spared the look-up of strings that is part of our time.
    """

    def __init__(self, model: keras.Model, jit_compile: bool) -> None:
        self._score = tf.function(
            lambda inputs: model(inputs, training=False),
            jit_compile=jit_compile,
            autograph=False,
            reduce_retracing=True,
        )

    def __call__(self, call: Call) -> np.ndarray:
        """`[requests, owners, candidates]` float32."""
        scores = [
            self._slice(call, request, owner)
            for request in range(call.item.shape[0])
            for owner in range(call.item.shape[1])
        ]
        return np.stack(scores).reshape(*call.item.shape[:2], -1)

    def _slice(self, call: Call, request: int, owner: int) -> np.ndarray:
        candidate = call.candidate[request]
        count = len(candidate)
        history = np.tile(call.item[request, owner], (count, 1))
        stamps = call.timestamp[request, owner]
        seconds = np.append(stamps[-1] - stamps, 0)
        time = np.log2(1 + seconds).astype(np.int32)
        inputs = {
            SEQUENCE: np.column_stack([history, candidate]).astype(np.int32),
            TIME: np.tile(time, (count, 1)),
            **{name: np.full(count, code[request, owner]) for name, code in call.codes.items()},
        }
        tensors = {name: tf.constant(value) for name, value in inputs.items()}
        return self._score(tensors).numpy()[:, 0]
