"""What every baseline that scores the catalogue must do."""

import dataclasses
from functools import cache

import numpy as np
import pytest

from evaluation.baselines.baseline import missing
from evaluation.baselines.registry import BASELINES
from tests.evaluation.build import make_requests, random_requests

SEED = 3
REQUESTS = random_requests(users=30, items=40, events=15, seed=1)
APART = {"spark_als", "sasrec"}
KNOWN_BY_ID = {"lightfm"}
"""Those for which whoever was not fitted is nobody."""


@cache
def fitted(name):
    if missing(BASELINES[name]):
        pytest.skip(f"needs the extra {BASELINES[name].needs!r}")
    return BASELINES[name].fit(REQUESTS, None, SEED)


# Those in processes of their own take long to start: their own tests ask them the same.
@pytest.mark.parametrize("name", [name for name in BASELINES if name not in APART])
class TestScorer:
    def test_scores_every_item(self, name):
        scores = fitted(name).score(REQUESTS, np.array([4, 2, 9]))
        assert scores.shape == (3, 40)
        assert scores.dtype == np.float32
        assert len(np.unique(scores)) > 3

    def test_a_batch_of_one_is_a_row_of_a_batch_of_three(self, name):
        three = fitted(name).score(REQUESTS, np.array([7, 0, 7]))
        np.testing.assert_array_equal(
            three[1:2], fitted(name).score(REQUESTS, np.array([0])), strict=True
        )
        np.testing.assert_array_equal(three[0], three[2])

    def test_the_same_seed_gives_the_same_scores(self, name):
        # Beside another seed first, so that a library's global generator is somewhere else.
        scores = fitted(name).score(REQUESTS, REQUESTS.rows)
        BASELINES[name].fit(REQUESTS, None, SEED + 1)
        again = BASELINES[name].fit(REQUESTS, None, SEED)
        np.testing.assert_array_equal(again.score(REQUESTS, REQUESTS.rows), scores)

    def test_neither_the_fit_nor_the_scores_know_the_target(self, name):
        scores = fitted(name).score(REQUESTS, REQUESTS.rows)
        other = dataclasses.replace(
            REQUESTS,
            target_item=REQUESTS.target_item[::-1],
            target_rating=REQUESTS.target_rating[::-1],
        )
        found = BASELINES[name].fit(other, None, SEED).score(other, other.rows)
        np.testing.assert_array_equal(found, scores)

    @pytest.mark.parametrize("history", [[], [7]], ids=["empty", "one_event"])
    def test_a_short_history_of_an_unknown_person_is_scored(self, name, history):
        requests = make_requests([history], [0], items=40)
        requests.user_ids[0] = "nobody"
        assert np.isfinite(fitted(name).score(requests, np.array([0]))).all()

    def test_people_who_were_not_fitted_are_scored_by_their_history(self, name):
        # u5's history under another name, in other requests.
        events = REQUESTS.events(np.array([5]))
        other = make_requests(
            [[], events.item.tolist()], [0, 0], items=40, ratings=[[], events.rating.tolist()]
        )
        other.user_ids[:] = ["nobody", "somebody"]
        alike = np.array_equal(
            fitted(name).score(other, np.array([1])), fitted(name).score(REQUESTS, np.array([5]))
        )
        assert alike == (name not in KNOWN_BY_ID)
