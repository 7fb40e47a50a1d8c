"""A sample of real query vectors, on which the index measures its recall."""

from __future__ import annotations

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before TensorFlow)

# isort: split
import tensorflow as tf

from schemas import columns
from schemas.histories import Histories, history_before
from towers.model import RetrievalModel

USERS_PER_BATCH = 128


def sample_queries(
    model: RetrievalModel, histories: Histories, history_len: int, count: int, seed: int
) -> np.ndarray:
    """Encodes the whole histories of users drawn at random.

    Args:
        model: A fitted model.
        histories: Whose users are drawn from.
        history_len: Newest events of a history that are read.
        count: Users drawn, or all if there are fewer.
        seed: Of the draw.

    Returns:
        `[queries, embedding_dim]` float32.
    """
    users = len(histories.users)
    drawn = np.random.default_rng(seed).choice(users, min(count, users), replace=False)
    catalogue = model.catalogue_vectors()
    encode = tf.function(model.newest_query, reduce_retracing=True)
    queries = []
    for start in range(0, len(drawn), USERS_PER_BATCH):
        user = np.sort(drawn)[start : start + USERS_PER_BATCH]
        batch = history_before(histories, user, histories.offsets[user + 1], history_len)
        # Of no hour: the sample stands for the queries of a whole day.
        batch[columns.REQUEST_TIMESTAMP] = np.zeros((len(user), 1), np.int64)
        vectors = tf.gather(catalogue, batch[columns.HISTORY_ITEM_ID])
        queries.append(encode(batch, vectors).numpy())
    return np.concatenate(queries)
