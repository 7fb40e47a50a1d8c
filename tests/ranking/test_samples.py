import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranking.samples import (
    CandidateLists,
    load_candidate_lists,
    sample_negatives,
    sample_pairs,
    user_of_event,
)
from schemas.artifacts import Artifact
from schemas.histories import Histories
from schemas.prepared import load_histories


def make_histories(users: list[list[int]]) -> Histories:
    item_id = np.array([item for events in users for item in events])
    return Histories(
        users=np.array([str(n) for n in range(len(users))]),
        offsets=np.concatenate([[0], np.cumsum([len(events) for events in users])]),
        item_id=item_id,
        rating=np.ones(len(item_id), np.float32),
        timestamp=np.arange(len(item_id)),
        user_features={},
    )


TOGETHER = np.ones(5, np.int64)
"""Five users of one part."""


def test_pairs_are_two_users_of_one_item():
    histories = make_histories([[1, 2, 3], [3, 1], [2, 9], [1]])
    pairs = sample_pairs(histories, TOGETHER[:4], per_item=100, rng=np.random.default_rng(0))
    found = {
        (int(histories.item_id[a]), *map(int, user_of_event(histories, np.array([a, b]))))
        for a, b in pairs
    }
    # Item 1 by users 0, 1, 3; item 2 by 0, 2; item 3 by 0, 1. Draws may repeat a pair of item 1,
    # which then counts once.
    assert (
        {(2, 0, 2), (3, 0, 1)} <= found <= {(1, 0, 1), (1, 0, 3), (1, 1, 3), (2, 0, 2), (3, 0, 1)}
    )
    assert any(item == 1 for item, *_ in found)


@given(st.integers(1, 4), st.integers(0, 1_000))
def test_no_item_gives_more_pairs_than_allowed(limit: int, seed: int):
    histories = make_histories([[1, 2], [1, 2], [1], [1], [1, 3]])
    pairs = sample_pairs(histories, TOGETHER, limit, np.random.default_rng(seed))
    assert (histories.item_id[pairs[:, 0]] == histories.item_id[pairs[:, 1]]).all()
    assert (pairs[:, 0] != pairs[:, 1]).all()
    assert np.bincount(histories.item_id[pairs[:, 0]]).max() <= limit


def test_pairs_are_of_one_part():
    histories = make_histories([[1, 2]] * 6)
    part = np.array([1, 2, 3, 1, 2, 3])
    draws = [sample_pairs(histories, part, 6, np.random.default_rng(seed)) for seed in range(20)]
    users = user_of_event(histories, np.concatenate(draws))
    assert {tuple(pair) for pair in users.tolist()} == {(0, 3), (1, 4), (2, 5)}
    assert max(np.bincount(histories.item_id[pairs[:, 0]]).max() for pairs in draws) <= 6


def test_unrated_events_give_no_pairs():
    histories = make_histories([[1], [1], [1]])
    histories.rating[:2] = np.nan
    assert len(sample_pairs(histories, TOGETHER[:3], 5, np.random.default_rng(0))) == 0


def make_lists(items: list[int], target: int) -> CandidateLists:
    shape = (1, 1, len(items))
    return CandidateLists(
        histories=make_histories([[target]]),
        end=np.array([0]),
        user=np.array([0]),
        target=np.array([[target]]),
        target_score=np.array([[0.5]], np.float32),
        item_id=np.array(items).reshape(shape),
        score=(np.array(items) / 10).reshape(shape).astype(np.float32),
        query=np.zeros((1, 1, 1), np.float32),
    )


@given(st.integers(0, 1_000))
def test_negatives_are_retrieved_and_never_the_target(seed: int):
    lists = make_lists([4, 7, 2, 9, 5], target=7)
    items, scores = sample_negatives(lists, 3, np.random.default_rng(seed))
    first, *others = items[0, 0].tolist()
    assert first == 7
    assert scores[0, 0, 0] == 0.5
    assert len(set(others)) == 3
    assert set(others) <= {4, 2, 9, 5}
    np.testing.assert_allclose(scores[0, 0, 1:], np.array(others) / 10)


def test_list_that_missed_its_target_is_empty():
    items, _ = sample_negatives(make_lists([4, 2, 9, 5], 7), 2, np.random.default_rng(0))
    assert items[0, 0].tolist() == [0, 0, 0]


def test_short_lists_are_padded():
    items, _ = sample_negatives(make_lists([7, 3, 0, 0], 7), 3, np.random.default_rng(0))
    assert sorted(items[0, 0].tolist()) == [0, 0, 3, 7]


def test_training_lists_hold_no_validation_event(retrieval: Artifact, prepared: Artifact):
    everything = load_histories(prepared, "fit")
    train, held, _ = load_candidate_lists(retrieval.path / "candidates.npz", everything, 20)
    last = everything.offsets[1:][held.user] - 1
    assert (held.end == last).all()
    assert (train.end < last).all()
    assert (held.target[:, 0] == everything.item_id[last]).all()


@pytest.mark.parametrize("history_len", [1, 2, 4])
def test_lists_reach_as_far_back_as_a_history(
    retrieval: Artifact, prepared: Artifact, history_len: int
):
    everything, path = load_histories(prepared, "fit"), retrieval.path / "candidates.npz"
    whole, validated, before = load_candidate_lists(path, everything, 100)
    train, held, others = load_candidate_lists(path, everything, history_len)
    assert train.target.shape[1] == 1 + history_len < whole.target.shape[1]
    np.testing.assert_array_equal(train.item_id, whole.item_id[:, -1 - history_len :])
    np.testing.assert_array_equal(train.end, whole.end)
    np.testing.assert_array_equal(held.item_id, validated.item_id)
    assert others.offsets[-1] == before.offsets[-1]


def test_lists_of_other_users_are_refused(retrieval: Artifact):
    with pytest.raises(ValueError, match="user_id: expected the prepared users"):
        load_candidate_lists(retrieval.path / "candidates.npz", make_histories([[1], [2]]), 20)
