import numpy as np
import pytest

from tests.evaluation.build import make_requests, random_requests

pytest.importorskip("implicit", reason="needs the extra 'baselines'")

from evaluation.baselines.bpr import Bpr


def test_items_watched_together_are_recommended_together():
    # Two camps; each member has watched all items of the camp but one.
    camps = [[n for n in camp if n != gap] for camp in ([0, 1, 2, 3], [4, 5, 6, 7]) for gap in camp]
    fitted = make_requests(camps * 4, [0] * 32, items=8)
    asked = make_requests([[0, 1], [4, 5]], [2, 6], items=8)
    scores = Bpr.fit(fitted, seed=1, factors=4).score(asked, asked.rows)
    assert scores[0, [2, 3]].min() > scores[0, 4:].max()
    assert scores[1, [6, 7]].min() > scores[1, :4].max()


def test_whoever_watched_nothing_gets_what_most_people_like():
    fitted = make_requests([[0, n] for n in range(1, 9)] * 4, [0] * 32, items=10)
    asked = make_requests([[]], [2], items=10)
    bpr = Bpr.fit(fitted, seed=1, factors=4)
    scores = bpr.score(asked, np.array([0]))
    np.testing.assert_array_equal(scores[0], bpr.item_bias)
    assert scores[0].argmax() == 0


def test_people_are_compared_with_items_drawn_once():
    bpr = Bpr.fit(random_requests(users=30, items=90, events=15, seed=1), seed=1)
    assert len(np.unique(bpr.others)) == 64
    small = Bpr.fit(random_requests(users=30, items=40, events=15, seed=1), seed=1)
    assert sorted(small.others) == list(range(40))
