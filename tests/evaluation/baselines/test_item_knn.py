import numpy as np
import pytest

from evaluation.baselines.item_knn import ItemKnn
from tests.evaluation.build import make_requests, random_requests

# Watched by: item 0: u0 u1 u2, item 1: u0 u1, item 2: u2, item 3: nobody.
FITTED = make_requests([[0, 1], [0, 1], [0, 2]], [3, 3, 3], items=4)
S01, S02 = 2 / (np.sqrt(3 * 2) + 1), 1 / (np.sqrt(3) + 1)


def test_scores_by_hand():
    knn = ItemKnn.fit(FITTED, neighbours=3, shrinkage=1.0)
    asked = make_requests([[0], [1, 2]], [3, 3], items=4)
    expected = [[0, S01, S02, 0], [S01 + S02, 0, 0, 0]]
    np.testing.assert_allclose(knn.score(asked, asked.rows), expected, rtol=1e-6)


def test_an_item_is_scored_from_its_own_neighbours():
    # The one neighbour of item 0 is item 1, that of item 2 is item 0.
    knn = ItemKnn.fit(FITTED, neighbours=1, shrinkage=1.0)
    asked = make_requests([[2], [0]], [3, 3], items=4)
    expected = [[0, 0, 0, 0], [0, S01, S02, 0]]
    np.testing.assert_allclose(knn.score(asked, asked.rows), expected, rtol=1e-6)


@pytest.mark.parametrize("at_once", [1, 7, 40])
def test_blocks_of_items_change_nothing(monkeypatch, at_once):
    requests = random_requests(users=30, items=40, events=15, seed=1)
    whole = ItemKnn.fit(requests, neighbours=5)
    monkeypatch.setattr("evaluation.baselines.item_knn.ITEMS_AT_ONCE", at_once)
    parts = ItemKnn.fit(requests, neighbours=5)
    np.testing.assert_array_equal(parts.weights.toarray(), whole.weights.toarray())
