import numpy as np
import pytest

from evaluation import metrics
from evaluation.baselines.markov import Markov
from evaluation.ordering import top
from evaluation.ranking_protocol import evaluate_ranking
from evaluation.two_stage import evaluate_two_stage, ranks_in_lists
from tests.evaluation.build import make_requests, random_requests


class Fixed:
    """Retrieves what is written down: for each request item indices, falling scores."""

    def __init__(self, lists, valid=None, k=200):
        self.lists, self.k = np.array(lists), k
        self.valid = np.ones(self.lists.shape, bool) if valid is None else np.array(valid)

    def __call__(self, requests, rows, k):
        assert k == self.k
        score = np.tile(np.arange(self.lists.shape[1], 0, -1, np.float32), (len(rows), 1))
        return self.lists[rows], score, self.valid[rows]


def by_item(requests, rows, item_index, score, valid):
    """Likes large item indices."""
    return item_index.astype(np.float32)


def as_retrieved(requests, rows, item_index, score, valid):
    return score


def test_ranking_reorders_what_retrieval_found():
    # u0's target 4 is second in retrieval and, as the largest index, first after ranking.
    # u1's target 9 was not retrieved: a miss in both, however high the ranker would score it.
    requests = make_requests([[0], [0]], [4, 9], items=10)
    figures = evaluate_two_stage(
        requests, Fixed([[3, 4, 2], [1, 2, 3]]), by_item, 200, batch_size=2
    )
    assert figures["retrieval"]["hr@10"] == figures["two_stage"]["hr@10"] == 0.5
    assert figures["retrieval"]["ndcg@10"] == pytest.approx(0.5 / np.log2(3))
    assert figures["two_stage"]["ndcg@10"] == pytest.approx(0.5)
    assert figures["retrieval"]["hr@200"] == figures["two_stage"]["hr@200"] == 0.5
    # Items 1, 2, 3 and 4 of 10.
    assert figures["retrieval"]["coverage@10"] == pytest.approx(0.4)


def test_padding_is_neither_a_hit_nor_covered():
    # The target 4 is only in the padding, whose item index means nothing.
    requests = make_requests([[0]], [4], items=10)
    retrieve = Fixed([[3, 4, 0]], valid=[[True, False, False]])
    for figures in evaluate_two_stage(requests, retrieve, by_item, 200, batch_size=1).values():
        assert figures["hr@200"] == 0
        assert figures["coverage@10"] == pytest.approx(0.1)


def test_a_ranker_that_keeps_the_scores_keeps_the_figures():
    requests = random_requests(users=15, items=300, events=20, seed=2)
    scorer = Markov.fit(requests)

    def retrieve(requests, rows, k):
        scores = np.where(requests.seen(rows), -np.inf, scorer.score(requests, rows))
        item = top(scores, k)
        return item, np.take_along_axis(scores, item, axis=1), item >= 0

    figures = evaluate_two_stage(requests, retrieve, as_retrieved, 200, batch_size=4)
    assert figures["retrieval"] == figures["two_stage"]
    assert figures["retrieval"] == evaluate_ranking(requests, scorer, batch_size=15)
    assert figures == evaluate_two_stage(requests, retrieve, as_retrieved, 200, batch_size=15)


def test_equal_ranker_scores_are_ordered_by_item():
    # Retrieval's order 5, 1, 3; a ranker that cannot tell makes it 1, 3, 5: target 5 is third.
    requests = make_requests([[0]], [5], items=10)

    def flat(requests, rows, item_index, score, valid):
        return np.zeros(item_index.shape, np.float32)

    figures = evaluate_two_stage(requests, Fixed([[5, 1, 3]]), flat, 200, batch_size=1)
    assert figures["retrieval"]["ndcg@10"] == 1.0
    assert figures["two_stage"]["ndcg@10"] == pytest.approx(0.5)


def test_a_seen_item_is_an_error():
    requests = make_requests([[0], [7]], [1, 1], items=10)
    with pytest.raises(ValueError, match="user 'u1': expected unseen items, got 'i7'"):
        evaluate_two_stage(requests, Fixed([[1, 7], [1, 7]]), by_item, 200, batch_size=1)


def test_a_repeated_item_is_an_error():
    requests = make_requests([[0], [7]], [1, 1], items=10)
    with pytest.raises(ValueError, match="user 'u1': expected each item once, got 'i3'"):
        evaluate_two_stage(requests, Fixed([[3, 4, 5], [3, 5, 3]]), by_item, 200, batch_size=2)


def test_a_nan_of_the_ranker_is_an_error():
    requests = make_requests([[0]], [1], items=10)

    def broken(requests, rows, item_index, score, valid):
        return np.full(item_index.shape, np.nan)

    with pytest.raises(ValueError, match="NaN in 2 of 2"):
        evaluate_two_stage(requests, Fixed([[1, 2]]), broken, 200, batch_size=1)


def test_nothing_to_evaluate_is_an_error():
    requests = make_requests([], [], items=3)
    with pytest.raises(ValueError, match="requests: expected at least one"):
        evaluate_two_stage(requests, Fixed([[1]]), by_item, 200, batch_size=1)


def test_ranks_in_lists():
    lists = np.array([[4, 2, -1], [4, 2, -1], [4, 2, -1]])
    assert ranks_in_lists(lists, np.array([4, 2, 3])).tolist() == [1, 2, metrics.MISSED]


def test_as_many_candidates_are_asked_for_as_told():
    requests = make_requests([[0]], [5], items=10)
    evaluate_two_stage(requests, Fixed([[5, 1]], k=321), by_item, 321, batch_size=1)
