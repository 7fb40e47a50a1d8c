import numpy as np
import pytest

from tests.evaluation.build import make_requests, random_requests

pytest.importorskip("implicit", reason="needs the extra 'baselines'")

from evaluation.baselines.als import Als

REQUESTS = random_requests(users=30, items=40, events=15, seed=1)


def test_factors_of_a_history_solve_the_weighted_least_squares():
    als = Als.fit(REQUESTS, seed=1, factors=4, confidence=5.0, regularisation=2.0)
    y = als.model.item_factors.astype(np.float64)
    scores = als.score(REQUESTS, REQUESTS.rows)
    for row, seen in enumerate(REQUESTS.seen(REQUESTS.rows)):
        # The normal equations of Hu, Koren & Volinsky: (Y'CY + rI) x = Y'Cp.
        c = np.where(seen, 5.0, 1.0)
        x = np.linalg.solve(y.T @ (c[:, None] * y) + 2.0 * np.eye(4), y.T @ (c * seen))
        np.testing.assert_allclose(scores[row], y @ x, atol=1e-4)


def test_items_watched_together_are_recommended_together():
    # Two camps; each member has watched all items of the camp but one.
    camps = [[n for n in camp if n != gap] for camp in ([0, 1, 2, 3], [4, 5, 6, 7]) for gap in camp]
    fitted = make_requests(camps, [0] * 8, items=8)
    asked = make_requests([[0, 1], [4, 5]], [2, 6], items=8)
    scores = Als.fit(fitted, seed=1, factors=2, regularisation=0.1).score(asked, asked.rows)
    assert scores[0, [2, 3]].min() > scores[0, 4:].max() + 0.3
    assert scores[1, [6, 7]].min() > scores[1, :4].max() + 0.3


def test_a_history_without_events_prefers_nothing():
    asked = make_requests([[]], [2], items=40)
    np.testing.assert_array_equal(
        Als.fit(REQUESTS, seed=1).score(asked, np.array([0])), np.zeros((1, 40))
    )
