"""What every baseline that scores the catalogue must do."""

import dataclasses
from functools import partial

import numpy as np
import pytest

from evaluation.baselines.baseline import missing
from evaluation.baselines.registry import BASELINES
from tests.evaluation.build import make_requests, random_requests

SEED = 3
FITS = {
    name: partial(baseline.fit, item_features=None, seed=SEED)
    for name, baseline in BASELINES.items()
    if not missing(baseline)
}


@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
class TestScorer:
    requests = random_requests(users=30, items=40, events=15, seed=1)

    def test_scores_every_item(self, fit):
        scores = fit(self.requests).score(self.requests, np.array([4, 2, 9]))
        assert scores.shape == (3, 40)
        assert scores.dtype == np.float32
        assert len(np.unique(scores)) > 3

    def test_a_batch_of_one_is_a_row_of_a_batch_of_three(self, fit):
        scorer = fit(self.requests)
        three = scorer.score(self.requests, np.array([7, 0, 7]))
        np.testing.assert_array_equal(three[1:2], scorer.score(self.requests, np.array([0])))
        np.testing.assert_array_equal(three[0], three[2])

    def test_neither_the_fit_nor_the_scores_know_the_target(self, fit):
        other = dataclasses.replace(
            self.requests,
            target_item=self.requests.target_item[::-1],
            target_rating=self.requests.target_rating[::-1],
        )
        np.testing.assert_array_equal(
            fit(other).score(other, other.rows),
            fit(self.requests).score(self.requests, self.requests.rows),
        )

    def test_an_empty_history_is_scored(self, fit):
        empty = make_requests([[]], [0], items=40)
        assert np.isfinite(fit(self.requests).score(empty, np.array([0]))).all()

    def test_people_who_were_not_fitted_are_scored_by_their_history(self, fit):
        scorer = fit(self.requests)
        # u5's history under another name, in other requests.
        events = self.requests.events(np.array([5]))
        other = make_requests(
            [[], events.item.tolist()], [0, 0], items=40, ratings=[[], events.rating.tolist()]
        )
        np.testing.assert_array_equal(
            scorer.score(other, np.array([1])), scorer.score(self.requests, np.array([5]))
        )
