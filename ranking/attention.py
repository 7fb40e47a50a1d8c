"""Pair-user attention: one layer over the owners' histories and the candidates' tokens."""

from __future__ import annotations

from typing import Any

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
import keras
from keras import ops

from ranking.fast_weights import FastWeights
from ranking.geometry import DISTANCE_BUCKETS, TIME_TERMS, Geometry
from towers.dropout import Dropout

NEVER = -1e9
"""Logit of what may not be attended to or chosen; finite, so that its gradient is 0 and not NaN."""
OWNER_BIAS = (0.0, -4.0)
"""Where the biases for the same and for the other owner begin: nearly as if each owner were alone,
as in most rows of training."""


class PairUserBlock(keras.layers.Layer):
    """Pre-norm attention and feed-forward in which every token knows whose history it looks at.

    Each attention logit carries a learned bias for *same owner* or *other owner*, beside biases for
    the distance in events and, for candidates, in time (additive biases as in T5, Raffel et al.
    2020, and HSTU, Zhai et al. 2024; the sequence as in BST, Chen et al. 2019).
    A candidate has one token per owner; it attends to all histories and to its own tokens of all
    owners, never to another candidate, so that its score does not depend on the list it is in.
    """

    def __init__(
        self, dim: int, heads: int, dropout: float, owner_bias: bool = True, **kwargs: Any
    ):
        """Creates the layer.

        Args:
            dim: Width of tokens.
            heads: Attention heads.
            dropout: Dropout rate.
            owner_bias: Without, one's own history and the other owners' are looked at alike.
            **kwargs: Of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.dim, self.heads, self.head_dim = dim, heads, dim // heads
        self.attention_norm = keras.layers.LayerNormalization(epsilon=1e-6)
        # The usual 1 / sqrt(head_dim) of the logits is in the initial weights of the queries.
        self.query = keras.layers.Dense(
            dim,
            kernel_initializer=keras.initializers.VarianceScaling(1 / self.head_dim, "fan_avg"),
            name="query",
        )
        self.key = keras.layers.Dense(dim, name="key")
        self.value = keras.layers.Dense(dim, name="value")
        self.mix = keras.layers.Dense(dim, name="mix")
        self.forward_norm = keras.layers.LayerNormalization(epsilon=1e-6)
        self.widen = keras.layers.Dense(4 * dim, activation="gelu", name="widen")
        self.narrow = keras.layers.Dense(dim, name="narrow")
        self.dropout = Dropout(dropout)
        self.owner_bias: FastWeights | None = None
        if owner_bias:
            self.owner_bias = FastWeights([OWNER_BIAS] * heads, name="owner_bias")

    def build(self, input_shape: Any = None) -> None:
        tokens = (None, None, self.dim)
        for part in (self.attention_norm, self.query, self.key, self.value, self.mix):
            part.build(tokens)
        self.forward_norm.build(tokens)
        self.widen.build(tokens)
        self.narrow.build((None, None, 4 * self.dim))
        self.distance_bias = self._bias((self.heads, DISTANCE_BUCKETS), "distance_bias")
        self.time_bias = self._bias((TIME_TERMS, self.heads), "time_bias")
        self.built = True

    def call(
        self, history: Any, candidates: Any, geometry: Geometry, training: bool | None = None
    ) -> tuple[Any, Any]:
        """One layer.

        Args:
            history: `[batch, owners, keys, dim]`.
            candidates: `[batch, cutoffs, candidates, owners, dim]`.
            geometry: Masks and distances.
            training: Whether dropout applies.

        Returns:
            Both, in the same shapes.
        """
        # As rows of one matrix: dense layers of more axes are many operations, none of them fused.
        of_history, of_candidates = self._rows(history), self._rows(candidates)
        normed = self.attention_norm(of_history)
        tokens = ops.shape(history)[1] * ops.shape(history)[2]
        key, value = (self._split(part(normed), tokens) for part in (self.key, self.value))
        seen = self._among_histories(normed, key, value, geometry)
        asked = self._from_candidates(
            self.attention_norm(of_candidates), ops.shape(candidates), key, value, geometry
        )
        return (
            ops.reshape(self._add(of_history, seen, training), ops.shape(history)),
            ops.reshape(self._add(of_candidates, asked, training), ops.shape(candidates)),
        )

    def _among_histories(self, normed: Any, key: Any, value: Any, geometry: Geometry) -> Any:
        """Histories to histories; of rows, and rows."""
        owners, keys = ops.shape(geometry.owner_mask)[1], geometry.keys
        query = self._split(self.query(normed), owners * keys)
        logits = ops.matmul(query, ops.swapaxes(key, 2, 3))
        logits = ops.reshape(logits, (-1, self.heads, owners, keys, owners, keys))
        same = ops.eye(owners, dtype="bool")[None, :, None, :, None]
        within = ops.take(self.distance_bias, geometry.history_distance, axis=1)
        # Two owners' events have no common order: the other's count back from the newest.
        across = ops.take(self.distance_bias, geometry.newest_distance, axis=1)
        bias = ops.where(same, within[:, None, :, None, :], across[:, None, None, None, :])
        logits = logits + (bias + self._owner(owners)[:, :, None, :, None])[None]
        logits = ops.where(geometry.history_mask[:, None], logits, NEVER)
        flat = ops.reshape(logits, (-1, self.heads, owners * keys, owners * keys))
        return self._mix(ops.matmul(ops.softmax(flat, axis=-1), value))

    def _from_candidates(
        self, normed: Any, shape: Any, key: Any, value: Any, geometry: Geometry
    ) -> Any:
        """Candidates, of `shape`, to histories and to their own tokens; of rows, and rows."""
        tokens = shape[1:-1]
        owners, keys, count = tokens[-1], geometry.keys, tokens[0] * tokens[1] * tokens[2]
        query, own_key, own_value = (
            self._split(part(normed), count) for part in (self.query, self.key, self.value)
        )
        owner = self._owner(owners)

        logits = ops.matmul(query, ops.swapaxes(key, 2, 3))
        logits = ops.reshape(logits, (-1, self.heads, *tokens, owners, keys))
        distance = ops.take(self.distance_bias, geometry.candidate_distance, axis=1)
        time = ops.transpose(ops.matmul(geometry.candidate_time, self.time_bias), (0, 4, 1, 2, 3))
        seen = ops.where(
            geometry.candidate_mask[:, None], time + distance[None, :, :, None, :], NEVER
        )
        logits = logits + seen[:, :, :, None, None] + owner[None, :, None, None, :, :, None]
        logits = ops.reshape(logits, (*ops.shape(query)[:3], owners * keys))

        # An owner's token meets the few tokens of the same candidate: no matrix product needed.
        each = (-1, self.heads, *tokens, self.head_dim)
        asking = ops.expand_dims(ops.reshape(query, each), 5)
        asked = ops.expand_dims(ops.reshape(own_key, each), 4)
        own_logits = ops.sum(asking * asked, axis=-1) + owner[None, :, None, None]
        own_logits = ops.where(geometry.owner_mask[:, None, None, None, None], own_logits, NEVER)
        own_logits = ops.reshape(own_logits, (*ops.shape(query)[:3], owners))

        weights = ops.softmax(ops.concatenate([own_logits, logits], axis=-1), axis=-1)
        own = ops.reshape(weights[..., :owners], (-1, self.heads, *tokens, owners, 1))
        own = ops.sum(own * ops.expand_dims(ops.reshape(own_value, each), 4), axis=5)
        own = ops.reshape(own, ops.shape(query))
        return self._mix(own + ops.matmul(weights[..., owners:], value))

    def _mix(self, heads: Any) -> Any:
        """`[batch, heads, tokens, head_dim]` through the output projection, as rows."""
        return self.mix(self._rows(ops.swapaxes(heads, 1, 2)))

    def _add(self, tokens: Any, attended: Any, training: bool | None) -> Any:
        tokens = tokens + self.dropout(attended, training=training)
        widened = self.widen(self.forward_norm(tokens))
        return tokens + self.dropout(self.narrow(widened), training=training)

    def _rows(self, tokens: Any) -> Any:
        """Tokens of any shape as `[batch * tokens, dim]`."""
        return ops.reshape(tokens, (-1, self.dim))

    def _split(self, rows: Any, tokens: Any) -> Any:
        """`[batch * tokens, dim]` to `[batch, heads, tokens, head_dim]`, also of no rows."""
        return ops.swapaxes(ops.reshape(rows, (-1, tokens, self.heads, self.head_dim)), 1, 2)

    def _owner(self, owners: Any) -> Any:
        """The pair-user bias, `[heads, owners, owners]`: same owner on the diagonal."""
        if self.owner_bias is None:
            return ops.zeros((self.heads, owners, owners))
        same = ops.eye(owners, dtype="bool")[None]
        bias = self.owner_bias.values()
        own, other = bias[:, 0], bias[:, 1]
        return ops.where(same, own[:, None, None], other[:, None, None])

    def _bias(self, shape: tuple[int, int], name: str) -> Any:
        return self.add_weight(shape=shape, initializer="zeros", name=name)
