"""Causal self-attention over the viewer's token and the events."""

from __future__ import annotations

from typing import Any

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
import keras
from keras import ops

from towers.dropout import Dropout
from towers.encoders.encoder import Encoder, FeedForward
from towers.encoders.masks import causal_mask
from towers.event_inputs import TIME_BUCKETS, time_bucket
from towers.initializers import small_normal
from towers.never import NEVER


class CausalAttention(keras.layers.Layer):
    """Pre-norm residual attention with learned biases for how far back a token lies.

    Additive biases by distance in events as in T5 (Raffel et al. 2020, arxiv.org/abs/1910.10683)
    and by the logarithm of the time between as in HSTU (Zhai et al. 2024, arxiv.org/abs/2402.17152,
    section 3.1); each is left out if its input is.
    """

    def __init__(
        self, dim: int, heads: int, dropout: float, distances: int, times: int, **kwargs: Any
    ):
        """Creates the layer.

        Args:
            dim: Width of tokens.
            heads: Attention heads.
            dropout: Dropout rate, on attention weights and on the output.
            distances: Distances in events that are told apart, one more for the viewer, who is at
                none; 0: no such bias.
            times: Buckets of the time between two events; 0: no such bias.
            **kwargs: Of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.dim, self.heads, self.distances, self.times = dim, heads, distances, times
        self.norm = keras.layers.LayerNormalization(epsilon=1e-6)
        self.query, self.key, self.value, self.mix = (
            keras.layers.Dense(dim, name=name) for name in ("query", "key", "value", "mix")
        )
        self.weight_dropout = Dropout(dropout)
        self.dropout = Dropout(dropout)

    def build(self, input_shape: Any = None) -> None:
        for part in (self.norm, self.query, self.key, self.value, self.mix):
            part.build((None, None, self.dim))
        if self.distances:
            self.distance_bias = self.add_weight(
                shape=(self.distances, self.heads), initializer="zeros", name="distance_bias"
            )
        if self.times:
            self.time_bias = self.add_weight(
                shape=(self.times, self.heads), initializer="zeros", name="time_bias"
            )
        self.built = True

    def call(self, tokens: Any, mask: Any, between: Any, training: bool | None = None) -> Any:
        """One layer.

        Args:
            tokens: `[batch, tokens, dim]`.
            mask: `[batch, tokens, tokens]` bool, what each token may attend to.
            between: `[batch, tokens, tokens]` int, bucket of the time between two tokens; anything
                where `times` is 0.
            training: Whether dropout applies.

        Returns:
            In the shape of `tokens`.
        """
        normed = self.norm(tokens)
        query, key, value = (self._split(p(normed)) for p in (self.query, self.key, self.value))
        logits = ops.matmul(query, ops.swapaxes(key, 2, 3)) * (self.dim // self.heads) ** -0.5
        if self.distances:
            logits = logits + self._by_distance(tokens.shape[1])
        if self.times:
            bias = ops.take(self.time_bias, between, axis=0)
            logits = logits + ops.cast(ops.transpose(bias, (0, 3, 1, 2)), logits.dtype)
        weights = ops.softmax(ops.where(ops.expand_dims(mask, 1), logits, NEVER), axis=-1)
        heads = ops.matmul(self.weight_dropout(weights, training=training), value)
        mixed = self.mix(ops.reshape(ops.swapaxes(heads, 1, 2), ops.shape(tokens)))
        return tokens + self.dropout(mixed, training=training)

    def _by_distance(self, tokens: int) -> Any:
        """`[1, heads, tokens, tokens]`; later tokens, which the mask hides, count as themselves."""
        steps = ops.arange(tokens)
        distance = ops.maximum(ops.expand_dims(steps, 1) - steps, 0)
        # Between the viewer's token and the first event lies padding.
        distance = ops.where(steps == 0, self.distances - 1, distance)
        return ops.transpose(ops.take(self.distance_bias, distance, axis=0), (2, 0, 1))[None]

    def _split(self, tokens: Any) -> Any:
        """`[batch, tokens, dim]` to `[batch, heads, tokens, dim / heads]`."""
        shape = (-1, tokens.shape[1], self.heads, self.dim // self.heads)
        return ops.swapaxes(ops.reshape(tokens, shape), 1, 2)


class Transformer(Encoder):
    """Pre-norm causal transformer (SASRec, Kang and McAuley 2018, arxiv.org/abs/1808.09781).

    Every event attends to the viewer's token, to itself and to the events before it.
    """

    def __init__(
        self,
        dim: int,
        history_len: int,
        blocks: int,
        heads: int,
        dropout: float,
        relative: bool,
        time_bias: bool,
        gated: bool,
        **kwargs: Any,
    ):
        """Creates the encoder.

        Args:
            dim: Width of tokens.
            history_len: Events read.
            blocks: Layers of attention and feed-forward.
            heads: Attention heads of each.
            dropout: Dropout rate.
            relative: Positions are biases of attention by distance, in place of learned vectors
                that count from the newest event.
            time_bias: Attention has biases by the time between two events.
            gated: The feed-forward is gated.
            **kwargs: Of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.dim, self.history_len, self.time_bias = dim, history_len, time_bias
        small = small_normal()
        self.position = (
            None
            if relative
            else keras.layers.Embedding(history_len, dim, embeddings_initializer=small)
        )
        distances, times = relative * (1 + history_len), time_bias * TIME_BUCKETS
        self.attention = [
            CausalAttention(dim, heads, dropout, distances, times) for _ in range(blocks)
        ]
        self.forward = [FeedForward(dim, dropout, gated) for _ in range(blocks)]

    def build(self, input_shape: Any = None) -> None:
        if self.position is not None:
            self.position.build(None)
        for attention, forward in zip(self.attention, self.forward, strict=True):
            attention.build(None)
            forward.build(None)
        self.built = True

    def call(
        self,
        viewer: Any,
        events: Any,
        present: Any,
        timestamp: Any,
        training: bool | None = None,
    ) -> Any:
        """As `Encoder.call` says."""
        if self.position is not None:
            events = events + self.position(ops.arange(self.history_len))
        tokens = ops.concatenate([viewer, events], axis=1)
        mask = causal_mask(present)
        between = times_between(timestamp) if self.time_bias else None
        for attention, forward in zip(self.attention, self.forward, strict=True):
            tokens = attention(tokens, mask, between, training=training)
            tokens = forward(tokens, training=training)
        return tokens


def times_between(timestamp: Any) -> Any:
    """Bucket of the time from every token back to every other.

    Args:
        timestamp: `[batch, history_len]` int64 unix seconds, 0 where unknown.

    Returns:
        `[batch, 1 + history_len, 1 + history_len]` int32: 0 where either time is unknown, and for
        the viewer, who has none; otherwise as `event_inputs.time_bucket` says.
    """
    times = ops.pad(timestamp, [[0, 0], [1, 0]])
    later, earlier = ops.expand_dims(times, 2), ops.expand_dims(times, 1)
    return time_bucket(later - earlier, ops.logical_and(later > 0, earlier > 0))
