"""What validation finds: NDCG@10 of a target among what was retrieved, and RMSE, by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ranking.samples import CandidateLists
from ranking.validation import Validator, _gain
from schemas.histories import Histories

import tensorflow as tf  # isort: skip  (after the modules above, which prepare the process)

NAN = np.nan
ITEMS = np.array([[3, 5, 7, 0]])
KNOWN = np.float32([0.0, 0.1, 0.2, 0.5, 3.0, -2.0, 1.0])
"""What the ranker below knows of the items 1 to 6."""


@pytest.mark.parametrize(
    ("scores", "target", "expected"),
    [
        ([3.0, 2.0, 1.0, 0.0], 3, 1.0),
        ([3.0, 2.0, 1.0, 9.0], 5, 1 / np.log2(3)),  # what is no item is not ahead
        ([2.0, 2.0, 2.0, 2.0], 7, 1 / np.log2(4)),  # equal scores are
        ([3.0, 2.0, 1.0, 0.0], 4, 0.0),  # not retrieved
    ],
)
def test_the_place_of_the_target(scores: list[float], target: int, expected: float) -> None:
    found = _gain(np.float32([scores]), ITEMS, np.array([target]))
    assert found == pytest.approx([expected])


def test_places_after_the_tenth_are_worth_nothing() -> None:
    items = np.arange(1, 13)[None]
    scores = -items.astype(np.float32)
    gains = [float(_gain(scores, items, np.array([target]))[0]) for target in (10, 11)]
    assert gains == [pytest.approx(1 / np.log2(11)), 0.0]


def test_a_score_that_is_no_number_is_told() -> None:
    with pytest.raises(ValueError, match="ranking scores: expected numbers, got NaN"):
        _gain(np.float32([[1.0, np.nan, 0.0, 0.0]]), ITEMS, np.array([3]))


class Written:
    """Stands for a trainer whose ranker can be followed by hand.

    Watch-next is what is known of an item and its retrieval score, 10 less for what the viewer has
    just watched. A rating is the mean of those in the history and what is known of the item.
    """

    def item_vectors(self) -> Any:
        return tf.constant(KNOWN)

    def score(self, batch: dict[str, Any], vectors: Any, training: bool) -> dict[str, Any]:
        assert not training
        known = tf.gather(vectors, batch["candidate_item_id"])[..., None]
        watched = batch["candidate_item_id"] == batch["history_item_id"][:, :, -1:]
        given = batch["history_rating"]
        rated = ~tf.math.is_nan(given)
        total = tf.reduce_sum(tf.where(rated, given, 0.0), axis=-1)
        mean = total / tf.cast(tf.math.count_nonzero(rated, axis=-1), tf.float32)
        return {
            "watch_next": known
            + batch["retrieval_score"]
            - 10 * tf.cast(watched, tf.float32)[..., None],
            "rating": mean[:, None, None] + known,
        }


@pytest.fixture
def held() -> CandidateLists:
    """Three users, each validated on their newest event."""
    histories = Histories(
        users=np.array(["a", "b", "c"]),
        offsets=np.array([0, 4, 6, 8]),
        item_id=np.array([4, 1, 2, 3, 2, 4, 1, 5]),
        rating=np.float32([1, 2, 4, 5, 3, 4, 4, NAN]),
        timestamp=np.arange(8),
        user_features={},
    )
    return CandidateLists(
        histories=histories,
        end=np.array([3, 5, 7]),
        user=np.arange(3),
        target=np.array([[3], [4], [5]]),
        target_score=np.zeros((3, 1), np.float32),
        item_id=np.array([[[6, 3, 5]], [[1, 6, 0]], [[1, 5, 3]]]),
        score=np.float32([[[4, 3, 2]], [[2, 1, 0]], [[9, 4, 1]]]),
        query=np.zeros((3, 1, 1), np.float32),
    )


@pytest.mark.parametrize("at_once", [64, 2])
def test_figures_by_hand(
    held: CandidateLists, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ranking.validation.SCORE_BATCH", at_once)
    found = Validator(Written(), held, history_len=2).figures()
    # a: item 6 gets 4 + 1 = 5, the target 3 3 + .5 = 3.5 and item 5 2 - 2 = 0: place 2.
    # b: the target 4 was not retrieved: 0.
    # c: item 1 has just been watched, 9 + .1 - 10 < 0; the target 5 gets 4 - 2 = 2, item 3 1.5:
    #    place 1.
    assert found["validation_ndcg@10"] == pytest.approx((1 / np.log2(3) + 0 + 1) / 3)
    # a: of two events the mean is (2 + 4) / 2 = 3, and 3.5 for item 3, that got 5: 1.5 too low.
    # b: 3 for the one event, and 6 for item 4, that got 4: 2 too high.
    # c did not rate item 5.
    assert found["validation_rmse"] == pytest.approx(np.sqrt((1.5**2 + 2**2) / 2))


def test_without_a_rated_target_there_is_no_rmse(held: CandidateLists) -> None:
    held.histories.rating[held.end] = NAN
    assert Validator(Written(), held, history_len=2).figures().keys() == {"validation_ndcg@10"}
