"""Random folds: what is held out, and that it is predicted from the rest alone."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.rating_folds import deal, fit, hold_out, in_random_order, of_bias, predict
from schemas.artifacts import Artifact
from schemas.config import RankingConfig
from schemas.histories import Histories
from schemas.prepared import load_histories
from tests.ranking.test_samples import make_histories

SMALL = RankingConfig(
    embedding_dim=8,
    history_len=10,
    attention_len=5,
    hidden=(8,),
    blocks=1,
    neighbours=16,
    batch_size=64,
    epochs=3,
    learning_rate=0.01,
    pair_batch_size=1,
    like_weight=0.0,
    pair_weight=0.0,
    watch_next_weight=0.0,
)


def test_folds_are_equal_and_follow_from_the_seed():
    histories = make_histories([list(range(1, 11))] * 3)
    fold = deal(histories, 5, seed=1)
    assert np.bincount(fold).tolist() == [6] * 5
    np.testing.assert_array_equal(deal(histories, 5, seed=1), fold)
    assert (deal(histories, 5, seed=2) != fold).any()


def test_a_random_order_keeps_each_users_events_without_times():
    histories = make_histories([list(range(1, 31)), [31], list(range(32, 52))])
    mixed = in_random_order(histories, seed=1)
    assert (mixed.item_id != histories.item_id).any()
    assert not mixed.timestamp.any()
    for user in range(3):
        events = slice(*histories.offsets[user : user + 2])
        order = np.argsort(mixed.item_id[events])
        np.testing.assert_array_equal(mixed.item_id[events][order], histories.item_id[events])
        np.testing.assert_array_equal(mixed.rating[events][order], histories.rating[events])


def test_held_out_by_hand():
    histories = make_histories([[1, 2, 3], [4], [5, 6]])
    histories.rating[:] = [1, 2, 3, 4, np.nan, 5]
    rest, held = hold_out(histories, np.array([False, True, False, True, True, False]))
    assert rest.offsets.tolist() == [0, 2, 2, 3]
    assert rest.item_id.tolist() == [1, 3, 6]
    assert rest.rating.tolist() == [1, 3, 5]
    # What was not rated is asked for by nobody.
    assert (held.user.tolist(), held.item_id.tolist()) == ([0, 1], [2, 4])
    assert held.rating.tolist() == [2, 4]


@pytest.fixture(scope="module")
def histories(prepared: Artifact) -> Histories:
    return load_histories(prepared, "fit")


@pytest.mark.slow
def test_predictions_go_with_their_rows_and_beat_the_mean(
    prepared: Artifact, histories: Histories, monkeypatch: pytest.MonkeyPatch
):
    rest, held = hold_out(histories, deal(histories, 5, seed=1) == 0)
    trainer = fit(prepared, rest, SMALL)
    found = predict(trainer, rest, held, (1.0, 5.0))
    assert found.min() >= 1
    assert found.max() <= 5
    errors = np.sqrt(np.square(found - held.rating).mean())
    assert errors < np.sqrt(np.square(rest.rating.mean() - held.rating).mean())
    monkeypatch.setattr("benchmarks.rating_folds.USERS_AT_ONCE", 7)
    np.testing.assert_allclose(predict(trainer, rest, held, (1.0, 5.0)), found, atol=1e-5)
    bias = of_bias(rest, held, prepared)
    assert bias.shape == found.shape
    assert np.corrcoef(bias, found)[0, 1] > 0.3
