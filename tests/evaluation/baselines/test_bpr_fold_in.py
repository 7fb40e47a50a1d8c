import numpy as np
import pytest

from evaluation.baselines import bpr_fold_in
from evaluation.baselines.bpr_fold_in import fold_in
from tests.evaluation.build import make_requests, random_requests


def test_one_factor_by_hand(monkeypatch):
    # One event, of item 0 (h = 1), against item 1 (h = -1): ln sigmoid(2 w) - 0.1 / 2 w^2.
    # Its slope is 2 sigmoid(-2 w) - 0.1 w, which is 0 at w = 1.3235 (checked below).
    monkeypatch.setattr(bpr_fold_in, "STEPS", 2_000)
    factors, bias = np.array([[1.0], [-1.0]], np.float32), np.zeros(2, np.float32)
    asked = make_requests([[0]], [1], items=2)
    w = fold_in(asked, np.array([0]), factors, bias, np.array([0, 1]), 0.1)[0, 0]
    assert 2 / (1 + np.exp(2 * w)) - 0.1 * w == pytest.approx(0, abs=1e-5)
    assert w == pytest.approx(1.3235, abs=2e-3)


def test_it_goes_towards_the_maximum_of_the_criterion():
    rng = np.random.default_rng(2)
    factors, bias = rng.normal(size=(40, 3)).astype(np.float32), rng.normal(size=40)
    bias = bias.astype(np.float32)
    requests = random_requests(users=6, items=40, events=10, seed=2)
    others = np.arange(0, 40, 2)

    def criterion(row, w):
        seen = requests.seen(np.array([row]))[0]
        s = factors @ w + bias
        difference = s[seen][:, None] - s[[n for n in others if not seen[n]]]
        return -np.log1p(np.exp(-difference)).mean() - 0.05 / 2 * w @ w

    found = fold_in(requests, requests.rows, factors, bias, others, 0.05)
    for row, w in enumerate(found):
        start, end = criterion(row, np.zeros(3)), criterion(row, w)
        steps = 0.3 * rng.normal(size=(200, 3))
        assert end > start
        # Nothing near it is much better.
        assert max(criterion(row, w + step) for step in steps) < end + 0.1 * (end - start)


def test_a_history_without_events_or_of_all_others_is_zero():
    factors, bias = np.ones((3, 2), np.float32), np.zeros(3, np.float32)
    asked = make_requests([[], [0, 1]], [2, 2], items=3)
    found = fold_in(asked, asked.rows, factors, bias, np.array([0, 1]), 0.1)
    np.testing.assert_array_equal(found, np.zeros((2, 2)))
