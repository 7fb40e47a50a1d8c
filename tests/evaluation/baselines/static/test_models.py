"""Both models of rows, with every kind of tree."""

import numpy as np
import pytest

from evaluation.baselines.baseline import EXTRAS
from evaluation.baselines.static.estimators import (
    decision_tree,
    gradient_boosting,
    random_forest,
    xgboost,
)
from evaluation.baselines.static.ranking import StaticRanking
from evaluation.baselines.static.rating import StaticRating
from tests.evaluation.build import make_requests

for module in EXTRAS["baselines"]:
    pytest.importorskip(module, reason="needs the extra 'baselines'")

KINDS = {kind.__name__: kind for kind in (decision_tree, random_forest, gradient_boosting, xgboost)}


def camps(people, items, seed):
    """Who watches even items watches no odd ones; items below 4 are rated 5, others 2."""
    rng = np.random.default_rng(seed)
    drawn = [2 * rng.permutation(items // 2)[: items // 4] + n % 2 for n in range(people)]
    return make_requests(
        histories=[own[:-1].tolist() for own in drawn],
        targets=[int(own[-1]) for own in drawn],
        items=items,
        ratings=[np.where(own[:-1] < 4, 5, 2).tolist() for own in drawn],
        target_ratings=[5 if own[-1] < 4 else 2 for own in drawn],
    )


FITTED = camps(people=120, items=40, seed=1)


@pytest.mark.parametrize("sequential", [False, True])
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_items_watched_with_those_of_the_history_are_more_likely(kind, sequential):
    fitted = StaticRanking.fit(FITTED, None, 1, kind, sequential)
    scores = fitted.score(FITTED, np.arange(10))
    unseen = ~FITTED.seen(np.arange(10))
    even = np.arange(40) % 2 == 0
    for row in range(10):
        own = even if row % 2 == 0 else ~even
        assert scores[row, own & unseen[row]].mean() > scores[row, ~own].mean() + 0.1
    assert scores.min() >= 0
    assert scores.max() <= 1


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_items_that_others_rated_high_are_rated_high(kind):
    predicted = StaticRating.fit(FITTED, None, 1, kind).predict(FITTED, FITTED.rows)
    assert predicted.dtype == np.float32
    assert np.abs(predicted - FITTED.target_rating).mean() < 0.3


def test_no_rating_is_an_error():
    with pytest.raises(ValueError, match="history_rating: expected at least one rating, got none"):
        StaticRating.fit(make_requests([[0, 1]], [2], items=3), None, 1, decision_tree)
