"""The TFRS `Retrieval` task as a whole-catalogue loss."""

from __future__ import annotations

from typing import Any

import schemas.tf_runtime  # noqa: F401  (before TensorFlow)

# isort: split
import tensorflow as tf
import tensorflow_recommenders as tfrs

from schemas import columns
from towers.negatives import Negatives

CHUNK_BYTES = 16 << 20
"""Bound on one `[positions, positions + items]` float32 matrix, of which the task holds several."""


class TfrsLoss:
    """Cross-entropy of each positive against the catalogue, computed by `tfrs.tasks.Retrieval`.

    The task pairs query i with candidate i, so the candidates are the positives followed by the
    catalogue: `score_mask` hides the other positions' positives, and the catalogue's own copy of
    the positive is an accidental hit, which the task removes. What is left is the exact full
    softmax, as Yi et al. 2019, doi.org/10.1145/3298689.3346996, define it. In-batch negatives alone
    collapse on this kind of data, because a popular item is a negative as often as a positive.
    """

    def __init__(self) -> None:
        # Per position, so that those without a target can be left out.
        loss = tf.keras.losses.CategoricalCrossentropy(from_logits=True, reduction="none")
        task = tfrs.tasks.Retrieval(loss=loss, remove_accidental_hits=True)
        # The task needs autograph, which Keras 3 switches off inside its train step.
        self._task = tf.function(task)

    def __call__(self, queries: Any, targets: Any, catalogue: Any, negatives: Negatives) -> Any:
        """As `towers.losses.full_softmax`; the number of positions must be static."""
        step, total = chunk_size(catalogue.shape[0]), tf.zeros([])
        for start in range(0, queries.shape[0], step):
            own = targets[start : start + step]
            allowed = negatives.at(tf.range(start, start + own.shape[0]))
            losses = self._chunk(queries[start : start + step], own, catalogue, allowed)
            total += tf.reduce_sum(tf.where(own != columns.PADDING, losses, 0.0))
        return total

    def _chunk(self, queries: Any, positives: Any, catalogue: Any, allowed: Any) -> Any:
        count, items = queries.shape[0], catalogue.shape[0]
        return self._task(
            queries,
            tf.concat([tf.gather(catalogue, positives), catalogue], axis=0),
            candidate_ids=tf.concat([positives, tf.range(items, dtype=positives.dtype)], axis=0),
            score_mask=tf.concat([tf.eye(count, dtype=tf.bool), allowed], axis=1),
            compute_metrics=False,
            compute_batch_metrics=False,
        )


def chunk_size(items: int) -> int:
    """Positions per call of the task: the most whose score matrix stays below `CHUNK_BYTES`.

    Solves `4 p (p + items) = CHUNK_BYTES` for p, at least 1.
    """
    return max(1, int(((items**2 + CHUNK_BYTES) ** 0.5 - items) / 2))
