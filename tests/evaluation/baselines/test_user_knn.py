import numpy as np

from evaluation.baselines.user_knn import UserKnn
from tests.evaluation.build import make_requests

FITTED = make_requests([[0, 1], [0, 2, 3], [3]], [4, 4, 4], items=5)


def test_scores_by_hand():
    # Somebody who watched items 0 and 1: u0 has both, u1 one of 3, u2 none.
    knn = UserKnn.fit(FITTED, neighbours=3, shrinkage=1.0)
    u0, u1 = 2 / (2 + 1), 1 / (np.sqrt(2 * 3) + 1)
    asked = make_requests([[1, 0]], [4], items=5)
    np.testing.assert_allclose(knn.score(asked, asked.rows), [[u0 + u1, u0, u1, u1, 0]], rtol=1e-6)


def test_only_the_nearest_people_count():
    knn = UserKnn.fit(FITTED, neighbours=1, shrinkage=1.0)
    asked = make_requests([[1, 0], [3]], [4, 4], items=5)
    # u0 for the first, for the second u2, whose history is the same.
    expected = [[2 / 3, 2 / 3, 0, 0, 0], [0, 0, 0, 1 / 2, 0]]
    np.testing.assert_allclose(knn.score(asked, asked.rows), expected, rtol=1e-6)
