"""The retrieval model trained on sampled negatives, for catalogues too large to score whole."""

from __future__ import annotations

from typing import Any

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
import keras
from keras import ops

from schemas import columns
from schemas.config import RetrievalConfig
from towers.losses import sampled_softmax
from towers.model import RetrievalModel
from towers.negatives import unseen


class SampledRetrievalModel(RetrievalModel):
    """Makes vectors of a step's own items alone; dropout of ids is drawn for each occurrence.

    Negatives come from a mixture of the items' frequencies in the fitted events, as the other
    positives of a batch would, and of the uniform distribution, without which items that are seldom
    a positive would seldom be a negative (mixed negative sampling, Yang et al. 2020,
    doi.org/10.1145/3366424.3386195). One sample serves all positions of a step.
    """

    def __init__(self, counts: np.ndarray, config: RetrievalConfig, **parts: Any):
        """Creates the model.

        Args:
            counts: `[indices]` int64, fitted events of each item.
            config: The stage's configuration.
            **parts: Of `RetrievalModel`.
        """
        super().__init__(config=config, loss=sampled_softmax, **parts)
        may_be = np.asarray(self.is_negative)
        q = mixture(counts, may_be, config.uniform_share)
        self.negatives, self.uniform_share = config.negatives, config.uniform_share
        # A look-up for each draw, whatever the catalogue: XLA's search of sorted values reads all.
        self.items = ops.convert_to_tensor(np.flatnonzero(may_be))
        of_events = np.repeat(np.arange(len(counts)), np.where(may_be, counts, 0))
        self.items_of_events = ops.convert_to_tensor(of_events) if len(of_events) else self.items
        with np.errstate(divide="ignore"):  # what is never drawn
            self.log_expected = ops.convert_to_tensor(np.log(q * config.negatives), "float32")
        self.random = keras.random.SeedGenerator()

    def call(self, batch: dict[str, Any], training: bool | None = None) -> dict[str, Any]:
        """Queries `[batch, 1 + history_len, dim]`."""
        history = self._vectors(batch[columns.HISTORY_ITEM_ID], training)
        return {"queries": self.query_tower(batch, history, training=training)}

    def total_loss(self, batch: dict[str, Any], targets: Any, y_pred: dict[str, Any]) -> Any:
        """Loss of every position that has a target against one sample of negatives, added up."""
        drawn = self._draw()
        queries = y_pred["queries"]
        positives = self._vectors(targets, training=True)
        allowed = ops.expand_dims(targets, -1) != drawn
        if self.mask_seen:
            allowed = ops.logical_and(allowed, unseen(batch[columns.HISTORY_ITEM_ID], drawn))
        width = queries.shape[-1]
        losses = self.retrieval_loss(
            ops.cast(ops.reshape(queries, (-1, width)), "float32") * self.scale,
            ops.cast(ops.reshape(positives, (-1, width)), "float32"),
            ops.cast(self._vectors(drawn, training=True), "float32"),
            ops.take(self.log_expected, drawn),
            ops.reshape(allowed, (-1, self.negatives)),
        )
        real = ops.not_equal(ops.reshape(targets, (-1,)), columns.PADDING)
        return ops.sum(ops.where(real, losses, 0.0))

    def _draw(self) -> Any:
        """`[negatives]` int64, with replacement."""
        uniform, frequent = map(self._one_of, (self.items, self.items_of_events))
        of_uniform = keras.random.uniform((self.negatives,), seed=self.random) < self.uniform_share
        return ops.where(of_uniform, uniform, frequent)

    def _one_of(self, values: Any) -> Any:
        """`[negatives]` of some values, each drawn with the same chance."""
        place = keras.random.randint((self.negatives,), 0, values.shape[0], seed=self.random)
        return ops.take(values, place, axis=0)

    def _vectors(self, indices: Any, training: bool | None) -> Any:
        """Item vectors of `[...]` int64 indices, `[..., dim]`."""
        flat = ops.reshape(indices, (-1,))
        items = {name: ops.take(values, flat, axis=0) for name, values in self.catalogue.items()}
        vectors = self.item_tower(items, training=training)
        return ops.reshape(vectors, (*ops.shape(indices), vectors.shape[-1]))


def mixture(counts: np.ndarray, candidates: np.ndarray, uniform_share: float) -> np.ndarray:
    """Probability of each item to be drawn.

    Args:
        counts: `[indices]`, fitted events of each item.
        candidates: `[indices]` bool, what may be drawn at all: some.
        uniform_share: Weight of the uniform distribution; the rest goes by frequency.

    Returns:
        `[indices]` float64 that sum to 1.
    """
    uniform = candidates / candidates.sum()
    seen = np.where(candidates, counts, 0)
    frequent = seen / seen.sum() if seen.sum() else uniform
    return uniform_share * uniform + (1 - uniform_share) * frequent
