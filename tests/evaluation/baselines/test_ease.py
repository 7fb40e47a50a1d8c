import dataclasses

import numpy as np
import pytest

from evaluation.baselines.ease import Ease
from tests.evaluation.build import make_requests, random_requests


@pytest.mark.parametrize("regularisation", [1.0, 50.0])
def test_weights_are_the_ridge_regressions_they_are_defined_as(regularisation):
    # Column j of B predicts item j from the other items: ridge regression without column j.
    requests = random_requests(users=40, items=12, events=8, seed=3)
    x = requests.seen(requests.rows).astype(float)
    expected = np.zeros((12, 12))
    for j in range(12):
        others = np.delete(np.arange(12), j)
        gram = x[:, others].T @ x[:, others] + regularisation * np.eye(11)
        expected[others, j] = np.linalg.solve(gram, x[:, others].T @ x[:, j])
    weights = Ease.fit(requests, regularisation).weights
    np.testing.assert_allclose(weights, expected, atol=1e-6)


def test_half_life_weights_events_by_age():
    # Ages 2, 1 and 0 with half-life 1: weights 1/4, 1/2 and 1.
    requests = make_requests([[2, 0, 1]], [3], items=4)
    weights = np.arange(16, dtype=np.float32).reshape(4, 4)
    plain = Ease(weights)
    halved = dataclasses.replace(plain, half_life=1.0)
    row = np.array([0])
    expected = weights[2] / 4 + weights[0] / 2 + weights[1]
    np.testing.assert_allclose(halved.score(requests, row)[0], expected)
    np.testing.assert_allclose(plain.score(requests, row)[0], weights[[0, 1, 2]].sum(axis=0))
