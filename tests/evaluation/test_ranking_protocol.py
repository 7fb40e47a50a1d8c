import numpy as np
import pytest

from evaluation.baselines.ease import Ease
from evaluation.baselines.markov import Markov
from evaluation.ranking_protocol import rank_catalogue
from tests.evaluation.build import make_requests, random_requests


class Table:
    """Scores written down for every request."""

    def __init__(self, scores):
        self.scores = np.array(scores, np.float32)

    def score(self, requests, rows):
        return self.scores[rows]


def test_seen_items_are_left_out():
    # Items 0 to 11 score 12 to 1. u0 has seen 0, 1 and 2, u1 only 0.
    requests = make_requests([[0, 1, 2], [0]], [11, 11], items=12)
    lists = rank_catalogue(requests, Table([range(12, 0, -1)] * 2), batch_size=2)
    assert lists.shape == (2, 200)
    assert lists[0].tolist() == [*range(3, 12)] + [-1] * 191
    assert lists[1].tolist() == [*range(1, 12)] + [-1] * 189


def test_a_list_for_each_history():
    requests = make_requests([[0], [0], [0, 1]], [1, 2, 3], items=5)
    requests.user_ids[:] = "u0"
    asked = []

    class Asked(Table):
        def score(self, requests, rows):
            asked.extend(rows)
            return super().score(requests, rows)

    assert len(rank_catalogue(requests, Asked(np.zeros((3, 5))), batch_size=2)) == 2
    assert asked == [0, 2]


@pytest.mark.parametrize("model", [Ease, Markov])
def test_the_same_lists_for_any_batch_size(model):
    requests = random_requests(users=23, items=60, events=15, seed=4)
    scorer = model.fit(requests)
    whole = rank_catalogue(requests, scorer, 100)
    assert len(np.unique(whole[:, 0])) > 1
    for size in (1, 3, 23):
        np.testing.assert_array_equal(rank_catalogue(requests, scorer, size), whole)


def test_nothing_to_evaluate_is_an_error():
    with pytest.raises(ValueError, match="requests: expected at least one, got none"):
        rank_catalogue(make_requests([], [], items=3), Table([]), batch_size=4)


def test_nan_scores_are_an_error():
    requests = make_requests([[0]], [1], items=3)
    with pytest.raises(ValueError, match="NaN in 1 of 3"):
        rank_catalogue(requests, Table([[0, np.nan, 0]]), batch_size=1)
