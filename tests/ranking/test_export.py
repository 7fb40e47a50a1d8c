"""The exported ranker against the training process: its own weights, raw values in."""

from __future__ import annotations

import numpy as np
import pytest

from ranking.explanations import SCORES
from schemas import columns
from tests.conftest import TINY
from tests.ranking.exported import CANDIDATES, Asked, Exported

import tensorflow as tf  # isort: skip  (after the modules above, which prepare the process)

USERS = np.arange(4)
TOLERANCE = {"atol": 1e-5, "rtol": 1e-5}


@pytest.fixture(scope="module")
def alone(exported: Exported) -> Asked:
    """A request for each of the users."""
    return exported.ask(USERS[:, None])


@pytest.mark.parametrize("owners", [1, 2, 3])
def test_export_gives_the_scores_of_the_training_process(exported: Exported, owners: int):
    asked = exported.ask(np.arange(4 * owners).reshape(4, owners))
    found, expected = exported.served(asked.request), exported.expected(asked.batch)
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, **TOLERANCE)
        assert values.std() > 0.001


def test_export_reads_as_many_owners_as_each_row_has(exported: Exported):
    asked, counts = exported.ask(np.arange(12).reshape(4, 3)), np.array([3, 1, 2, 3])
    there = np.arange(3) < counts[:, None]
    found = exported.served(asked.request | {"owner_count": tf.constant(counts)})
    expected = exported.expected(asked.batch | {"owner_mask": there})
    whole = exported.served(asked.request)
    for name, values in expected.items():
        # What comes for an owner that is padding says nothing.
        kept = True if name == "joint_rating" else there[:, None]
        got, wanted = np.where(kept, found[name], 0.0), np.where(kept, values, 0.0)
        np.testing.assert_allclose(got, wanted, **TOLERANCE)
    fewer = counts < 3
    moved = np.abs(found["joint_rating"] - whole["joint_rating"]).max(axis=1) > 1e-3
    np.testing.assert_array_equal(moved, fewer)


def test_explain_gives_what_masking_by_hand_gives(exported: Exported, alone: Asked):
    found = exported.model.signatures["explain"](**alone.request)
    whole, events = exported.scores(alone.batch), TINY.ranking.attention_len
    assert min(columns.EXPLAINED_EVENTS, events) == events == 20
    earlier = TINY.ranking.history_len - events
    present = alone.batch["history_item_id"][:, 0, earlier:] > 0
    for event in range(events):
        masked = np.zeros((len(USERS), 1, earlier + events), bool)
        masked[:, :, earlier + event] = True
        partial = exported.scores(alone.batch | {"history_masked": masked})
        for name in SCORES:
            change = (whole[name] - partial[name]).reshape(len(USERS), CANDIDATES)  # one owner
            expected = np.where(present[:, event, None], change, 0.0)
            of_event = found[name].numpy()[..., 0, event].reshape(expected.shape)
            np.testing.assert_allclose(of_event, expected, **TOLERANCE)
    assert min(np.abs(found[name]).max() for name in SCORES) > 0.001


def test_explain_names_the_events_by_their_place(exported: Exported, alone: Asked):
    # Some histories are longer than the model reads, all are padded on the right.
    ids = alone.request["history_item_id"].numpy()[:, 0]
    lengths = (ids != b"").sum(axis=1)
    assert lengths.max() > TINY.ranking.history_len
    found = exported.model.signatures["explain"](**alone.request)["event"].numpy()[:, 0]
    for row, length in zip(found, lengths, strict=True):
        newest = [*range(max(0, length - 20), length)]
        assert row.tolist() == [-1] * (20 - len(newest)) + newest


def test_explain_says_nothing_of_owners_that_are_padding(exported: Exported, alone: Asked):
    explain = exported.model.signatures["explain"]
    one, padded = explain(**alone.request), dict(alone.request)
    for name in set(padded) - {"owner_count", "candidate_item_id"}:
        axis = 2 if name == "retrieval_score" else 1
        padded[name] = tf.concat([padded[name], padded[name][::-1]], axis)
    found = explain(**padded)
    np.testing.assert_array_equal(found["event"][:, :1], one["event"])
    assert (found["event"][:, 1] == -1).numpy().all()
    for name in SCORES:
        values = found[name].numpy()
        of_one = values if name == "joint_rating" else values[:, :, :1]
        np.testing.assert_allclose(of_one[..., :1, :], one[name], **TOLERANCE)
        assert not values[..., 1, :].any()
