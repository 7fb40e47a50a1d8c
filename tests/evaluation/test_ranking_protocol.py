import numpy as np
import pytest

from evaluation.baselines.ease import Ease
from evaluation.baselines.markov import Markov
from evaluation.ranking_protocol import evaluate_ranking
from tests.evaluation.build import make_requests, random_requests


class Table:
    """Scores written down for every request."""

    def __init__(self, scores):
        self.scores = np.array(scores, np.float32)

    def score(self, requests, rows):
        return self.scores[rows]


def test_seen_items_are_left_out():
    # Items 0 to 11 score 12 to 1. u0 has seen 0, 1 and 2, so its target 11 is ninth; u1 has seen
    # only 0, so its target 11 is eleventh. HR@10 = 1/2, NDCG@10 = (1 / log2(10)) / 2.
    requests = make_requests([[0, 1, 2], [0]], [11, 11], items=12)
    figures = evaluate_ranking(requests, Table([range(12, 0, -1)] * 2), batch_size=2)
    assert figures["hr@10"] == 0.5
    assert figures["hr@50"] == 1.0
    assert figures["hr@200"] == 1.0
    assert figures["ndcg@10"] == pytest.approx(0.5 / np.log2(10))
    # u0 lists 3 to 11, u1 lists 1 to 10: items 1 to 11 of 12.
    assert figures["coverage@10"] == pytest.approx(11 / 12)


def test_a_target_that_was_seen_is_a_miss():
    requests = make_requests([[1, 0]], [0], items=2)
    figures = evaluate_ranking(requests, Table([[9.0, 1.0]]), batch_size=1)
    assert figures == {"hr@10": 0, "hr@50": 0, "hr@200": 0, "ndcg@10": 0, "coverage@10": 0}


@pytest.mark.parametrize("model", [Ease, Markov])
def test_the_same_figures_for_any_batch_size(model):
    requests = random_requests(users=23, items=60, events=15, seed=4)
    scorer = model.fit(requests)
    figures = [evaluate_ranking(requests, scorer, size) for size in (1, 3, 23, 100)]
    assert figures[0] == figures[1] == figures[2] == figures[3]
    assert 0 < figures[0]["hr@10"] < 1


def test_nothing_to_evaluate_is_an_error():
    with pytest.raises(ValueError, match="requests: expected at least one, got none"):
        evaluate_ranking(make_requests([], [], items=3), Table([]), batch_size=4)


def test_nan_scores_are_an_error():
    requests = make_requests([[0]], [1], items=3)
    with pytest.raises(ValueError, match="NaN in 1 of 3"):
        evaluate_ranking(requests, Table([[0, np.nan, 0]]), batch_size=1)
