"""The exported ranker against the training process: its own weights, raw values in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from ranking.batches import one_owner
from ranking.export import export
from ranking.item_memory import remember
from ranking.known_ratings import ALL
from ranking.train import new_trainer
from schemas import columns
from schemas.artifacts import Artifact
from schemas.histories import history_before
from schemas.prepared import item_sizes, load_histories
from tests.conftest import TINY

import tensorflow as tf  # isort: skip  (after the modules above, which prepare the process)

USERS = np.arange(4)
RATED_BY = 5
"""The user whose first items are the candidates."""
CANDIDATES = 3


def test_export_gives_the_scores_of_the_training_process(prepared: Artifact, tmp_path: Path):
    histories = load_histories(prepared, "fit")
    indices = item_sizes(prepared)[columns.ITEM_ID]
    memory = remember(histories, indices, TINY.ranking)
    trainer = new_trainer(prepared, histories, memory, TINY.ranking)
    random = np.random.default_rng(0)
    # Parts that begin with zeros would hide what they read.
    weights = [w + random.normal(0, 0.05, w.shape) for w in trainer.ranker.get_weights()]
    trainer.ranker.set_weights(weights)
    export(trainer, memory, prepared, tmp_path)

    ends, first = histories.offsets[1:][USERS], histories.offsets[RATED_BY]
    index = np.tile(histories.item_id[first : first + CANDIDATES], (len(USERS), 1))
    score = random.normal(size=(len(USERS), 1, CANDIDATES, 1)).astype(np.float32)
    history = history_before(histories, USERS, ends, TINY.ranking.history_len)
    batch = one_owner(history) | {
        "candidate_item_id": index[:, None],
        "retrieval_score": score,
        "rating_table": np.full((len(USERS), 1), ALL),
    }
    expected = trainer.score(batch, trainer.item_vectors(), training=False)

    rows = pq.read_table(prepared.path / "fit.parquet").to_pylist()
    model = tf.saved_model.load(str(tmp_path / "model"))
    candidates = rows[RATED_BY]["history_item_id"][:CANDIDATES]
    found = model.signatures["serving_default"](
        **raw_request([rows[user] for user in USERS]),
        candidate_item_id=tf.constant([candidates] * len(USERS)),
        retrieval_score=tf.constant(score[:, 0]),
    )
    like = tf.sigmoid(expected["like"])[:, 0]
    np.testing.assert_allclose(found["like"], like, atol=1e-5, rtol=1e-5)
    watch_next = expected["watch_next"].numpy()[:, 0]
    np.testing.assert_allclose(found["watch_next"], watch_next, atol=1e-5, rtol=1e-5)
    for name in ("rating", "joint_rating"):
        on_scale = np.clip(expected[name].numpy()[:, 0], 1.0, 5.0)
        np.testing.assert_allclose(found[name], on_scale, atol=1e-5, rtol=1e-5)
        assert on_scale.std() > 0.001


def raw_request(rows: list[dict[str, Any]]) -> dict[str, tf.Tensor]:
    """Whole raw histories of single owners, padded on the right."""
    width = max(len(row["history_item_id"]) for row in rows)

    def padded(name: str, filler: Any) -> list[list[Any]]:
        return [[row[name] + [filler] * (width - len(row[name]))] for row in rows]

    return {
        "history_item_id": tf.constant(padded("history_item_id", "")),
        "history_rating": tf.constant(padded("history_rating", float("nan")), tf.float32),
        "history_timestamp": tf.constant(padded("history_timestamp", 0), tf.int64),
        "owner_count": tf.ones([len(rows)], tf.int64),
        "gender": tf.constant([[row["gender"]] for row in rows]),
        "age": tf.constant([[row["age"]] for row in rows], tf.float32),
        "occupation": tf.constant([[row["occupation"]] for row in rows]),
    }
