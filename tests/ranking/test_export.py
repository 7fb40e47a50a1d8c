"""The exported ranker against the training process: its own weights, raw values in."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq
import pytest

from ranking.batches import one_owner
from ranking.explanations import SCORES
from ranking.export import export
from ranking.item_memory import remember
from ranking.known_ratings import ALL
from ranking.train import new_trainer
from ranking.trainer import RankerTrainer
from schemas import columns
from schemas.artifacts import Artifact
from schemas.histories import history_before
from schemas.prepared import item_sizes, load_histories
from tests.conftest import TINY
from tests.ranking.noise import add_noise

import tensorflow as tf  # isort: skip  (after the modules above, which prepare the process)

USERS = np.arange(4)
RATED_BY = 5
"""The user whose first items are the candidates."""
CANDIDATES = 3
TOLERANCE = {"atol": 1e-5, "rtol": 1e-5}


class Exported(NamedTuple):
    """A ranker in both forms, and a request in both.

    Attributes:
        trainer: Before the export.
        batch: Histories and candidates as the trainer takes them.
        model: The loaded SavedModel.
        request: The same as the signatures take it.
    """

    trainer: RankerTrainer
    batch: dict[str, np.ndarray]
    model: Any
    request: dict[str, tf.Tensor]

    def scores(self, **more: np.ndarray) -> dict[str, np.ndarray]:
        """What the training process gives; `[users, candidates, ...]`."""
        batch = self.batch | more
        scored = self.trainer.score(batch, self.trainer.item_vectors(), training=False)
        return {name: values.numpy()[:, 0] for name, values in scored.items()}


@pytest.fixture(scope="module")
def exported(prepared: Artifact, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    out = tmp_path_factory.mktemp("exported")
    histories = load_histories(prepared, "fit")
    indices = item_sizes(prepared)[columns.ITEM_ID]
    memory = remember(histories, indices, TINY.ranking)
    trainer = new_trainer(prepared, histories, memory, TINY.ranking)
    random = np.random.default_rng(0)
    add_noise(trainer.ranker, 0.05)
    export(trainer, memory, prepared, out)

    ends, first = histories.offsets[1:][USERS], histories.offsets[RATED_BY]
    index = np.tile(histories.item_id[first : first + CANDIDATES], (len(USERS), 1))
    score = random.normal(size=(len(USERS), 1, CANDIDATES, 1)).astype(np.float32)
    history = history_before(histories, USERS, ends, TINY.ranking.history_len)
    batch = one_owner(history) | {
        "candidate_item_id": index[:, None],
        "retrieval_score": score,
        "rating_table": np.full((len(USERS), 1), ALL),
    }

    rows = pq.read_table(prepared.path / "fit.parquet").to_pylist()
    candidates = rows[RATED_BY]["history_item_id"][:CANDIDATES]
    request = {
        **raw_request([rows[user] for user in USERS]),
        "candidate_item_id": tf.constant([candidates] * len(USERS)),
        "retrieval_score": tf.constant(score[:, 0]),
    }
    return Exported(trainer, batch, tf.saved_model.load(str(out / "model")), request)


def test_export_gives_the_scores_of_the_training_process(exported: Exported):
    expected = exported.scores()
    found = exported.model.signatures["serving_default"](**exported.request)
    np.testing.assert_allclose(found["like"], tf.sigmoid(expected["like"]), **TOLERANCE)
    np.testing.assert_allclose(found["watch_next"], expected["watch_next"], **TOLERANCE)
    for name in ("rating", "joint_rating"):
        on_scale = np.clip(expected[name], 1.0, 5.0)
        np.testing.assert_allclose(found[name], on_scale, **TOLERANCE)
        assert on_scale.std() > 0.001


def test_explain_gives_what_masking_by_hand_gives(exported: Exported):
    found = exported.model.signatures["explain"](**exported.request)
    whole, events = exported.scores(), TINY.ranking.attention_len
    assert min(columns.EXPLAINED_EVENTS, events) == events == 20
    earlier = TINY.ranking.history_len - events
    present = exported.batch["history_item_id"][:, 0, earlier:] > 0
    for event in range(events):
        masked = np.zeros((len(USERS), 1, earlier + events), bool)
        masked[:, :, earlier + event] = True
        partial = exported.scores(history_masked=masked)
        for name in SCORES:
            change = (whole[name] - partial[name]).reshape(len(USERS), CANDIDATES)  # one owner
            expected = np.where(present[:, event, None], change, 0.0)
            of_event = found[name].numpy()[..., 0, event].reshape(expected.shape)
            np.testing.assert_allclose(of_event, expected, **TOLERANCE)
    assert min(np.abs(found[name]).max() for name in SCORES) > 0.001


def test_explain_names_the_events_by_their_place(exported: Exported):
    # Some histories are longer than the model reads, all are padded on the right.
    ids = exported.request["history_item_id"].numpy()[:, 0]
    lengths = (ids != b"").sum(axis=1)
    assert lengths.max() > TINY.ranking.history_len
    found = exported.model.signatures["explain"](**exported.request)["event"].numpy()[:, 0]
    for row, length in zip(found, lengths, strict=True):
        newest = [*range(max(0, length - 20), length)]
        assert row.tolist() == [-1] * (20 - len(newest)) + newest


def test_explain_says_nothing_of_owners_that_are_padding(exported: Exported):
    explain = exported.model.signatures["explain"]
    alone, padded = explain(**exported.request), dict(exported.request)
    for name in set(padded) - {"owner_count", "candidate_item_id"}:
        axis = 2 if name == "retrieval_score" else 1
        padded[name] = tf.concat([padded[name], padded[name][::-1]], axis)
    found = explain(**padded)
    np.testing.assert_array_equal(found["event"][:, :1], alone["event"])
    assert (found["event"][:, 1] == -1).numpy().all()
    for name in SCORES:
        values = found[name].numpy()
        of_one = values if name == "joint_rating" else values[:, :, :1]
        np.testing.assert_allclose(of_one[..., :1, :], alone[name], **TOLERANCE)
        assert not values[..., 1, :].any()


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
