"""What an event adds to a score, on random weights, against histories masked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from ranking.explanations import SCORES, contributions
from ranking.model import Ranker
from tests.ranking.test_model import LENGTH, OF_EVENTS, TOLERANCE, make_batch, ranker, score, take

__all__ = ["ranker"]  # the fixture

OWNERS, CANDIDATES, EVENTS = 2, 3, 4
ROW = 1
HIDDEN = (1, 3)
"""Owner and place of the event that is masked by hand."""


@pytest.fixture
def batch() -> dict[str, np.ndarray]:
    made = make_batch(2, OWNERS, CANDIDATES)
    made["history_item_id"][ROW] = 1 + np.arange(OWNERS * LENGTH).reshape(OWNERS, LENGTH)
    made["history_rating"][ROW] = 1 + np.arange(OWNERS * LENGTH).reshape(OWNERS, LENGTH) % 5
    made["history_timestamp"][ROW] = 1_000_000_000 + 3_600 * np.arange(LENGTH) ** 3
    return made


def explained(ranker: Ranker, batch: dict) -> dict[str, np.ndarray]:
    return {name: np.asarray(v) for name, v in contributions(ranker, batch, EVENTS).items()}


def scores_of(ranker: Ranker, batch: dict) -> dict[str, np.ndarray]:
    """Scores of the lists, `[rows, candidates, ...]`."""
    found = score(ranker, batch)
    return {name: found[name][:, 0] for name in SCORES}


def mask_of(batch: dict, *events: tuple[int, int]) -> np.ndarray:
    masked = np.zeros(batch["history_item_id"].shape, bool)
    for owner, place in events:
        masked[ROW, owner, place] = True
    return masked


def test_masking_nothing_is_the_ordinary_score(ranker: Ranker, batch: dict):
    nothing = score(ranker, batch | {"history_masked": mask_of(batch)})
    for name, values in score(ranker, batch).items():
        np.testing.assert_allclose(nothing[name], values, **TOLERANCE)


def test_every_contribution_is_that_of_the_event_masked_by_hand(ranker: Ranker, batch: dict):
    found, whole = explained(ranker, batch), scores_of(ranker, batch)
    for row, owner, event in np.ndindex(2, OWNERS, EVENTS):
        place = LENGTH - EVENTS + event
        masked = np.zeros(batch["history_item_id"].shape, bool)
        masked[row, owner, place] = True
        partial = scores_of(ranker, batch | {"history_masked": masked})
        for name in SCORES:
            expected = (whole[name] - partial[name])[row]
            if not batch["history_item_id"][row, owner, place]:
                expected = np.zeros_like(expected)
            np.testing.assert_allclose(found[name][row, ..., owner, event], expected, **TOLERANCE)
    assert min(np.abs(found[name]).max() for name in SCORES) > 0.01


@pytest.mark.parametrize(
    ("name", "value"),
    [("history_vector", 50.0), ("history_rating", 5.0), ("affinity", 9.0), ("agreement", 9.0)],
)
def test_nothing_of_a_masked_event_is_read(ranker: Ranker, batch: dict, name: str, value: float):
    def scores(values: np.ndarray, masked: np.ndarray) -> dict[str, np.ndarray]:
        return score(ranker, batch | {name: values, "history_masked": masked})

    owner, place = HIDDEN
    changed = batch[name].copy()
    changed[(ROW, 0, slice(None), owner, place) if name in OF_EVENTS else (ROW, *HIDDEN)] = value
    masked, open_ = mask_of(batch, HIDDEN), mask_of(batch)
    before, read = scores(batch[name], open_), scores(changed, open_)
    assert max(np.abs(read[output] - before[output]).max() for output in before) > 1e-3
    for output, values in scores(batch[name], masked).items():
        np.testing.assert_allclose(scores(changed, masked)[output], values, **TOLERANCE)


def test_times_of_a_masked_event_are_kept(ranker: Ranker, batch: dict):
    masked = {"history_masked": mask_of(batch, HIDDEN)}
    later = batch["history_timestamp"].copy()
    later[(ROW, *HIDDEN)] += 60  # the gap before the next event is another
    before, after = (
        score(ranker, batch | masked),
        score(ranker, batch | masked | {"history_timestamp": later}),
    )
    np.testing.assert_allclose(after["rating"], before["rating"], **TOLERANCE)
    later[(ROW, *HIDDEN)] += 3_600 * 20
    after = score(ranker, batch | masked | {"history_timestamp": later})
    assert np.abs(after["rating"] - before["rating"])[ROW].max() > 1e-4


def test_without_times_the_oldest_events_unread_are_a_shorter_history(ranker: Ranker, batch: dict):
    batch["history_timestamp"][:] = 0
    oldest = [(0, place) for place in range(3)]
    shorter = {name: batch[name].copy() for name in ("history_item_id", "history_rating")}
    shorter["history_item_id"][ROW, 0, :3] = 0
    shorter["history_rating"][ROW, 0, :3] = np.nan
    expected = score(ranker, batch | shorter)
    for name, values in score(ranker, batch | {"history_masked": mask_of(batch, *oldest)}).items():
        np.testing.assert_allclose(values, expected[name], **TOLERANCE)
    assert np.abs(expected["rating"] - score(ranker, batch)["rating"]).max() > 1e-3


def test_order_of_owners_moves_explanations_with_them(ranker: Ranker):
    batch = make_batch(2, 3, CANDIDATES)
    order = [2, 0, 1]
    straight = explained(ranker, batch)
    turned = take(batch, owners=order)
    for name, values in explained(ranker, turned).items():
        expected = straight[name][..., order, :]
        if name != "joint_rating":
            expected = expected[:, :, order]
        np.testing.assert_allclose(values, expected, **TOLERANCE)


def test_a_padded_owner_explains_nothing(ranker: Ranker, batch: dict):
    padded = dict(batch, owner_mask=np.array([[True, False], [True, True]]))
    alone = take({name: values[:1] for name, values in batch.items()}, owners=[0])
    expected = explained(ranker, alone)
    for name, values in explained(ranker, padded).items():
        assert not values[0, ..., 1, :].any()
        of_one = values[:1] if name == "joint_rating" else values[:1, :, :1]
        np.testing.assert_allclose(of_one[..., :1, :], expected[name], **TOLERANCE)
        assert name == "joint_rating" or not values[0, :, 1].any()


def test_histories_without_events(ranker: Ranker, batch: dict):
    batch["history_item_id"][:] = 0
    found = explained(ranker, batch)
    assert found["joint_rating"].shape == (2, CANDIDATES, OWNERS, EVENTS)
    assert found["rating"].shape == (2, CANDIDATES, OWNERS, OWNERS, EVENTS)
    assert not any(values.any() for values in found.values())
