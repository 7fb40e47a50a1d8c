import numpy as np
import pytest

from evaluation.baselines.markov import Markov
from evaluation.ordering import top
from evaluation.ranking_protocol import rank_catalogue
from evaluation.two_stage import rank_candidates
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
    # u1's target 9 was not retrieved: it is in neither list, though the ranker would like it best.
    requests = make_requests([[0], [0]], [4, 9], items=10)
    lists = rank_candidates(requests, Fixed([[3, 4, 2], [1, 2, 3]]), by_item, 200, batch_size=2)
    assert lists["retrieval"][:, :4].tolist() == [[3, 4, 2, -1], [1, 2, 3, -1]]
    assert lists["two_stage"][:, :4].tolist() == [[4, 3, 2, -1], [3, 2, 1, -1]]


def test_padding_is_not_listed():
    # The target 4 is only in the padding, whose item index means nothing.
    requests = make_requests([[0]], [4], items=10)
    retrieve = Fixed([[3, 4, 0]], valid=[[True, False, False]])
    for lists in rank_candidates(requests, retrieve, by_item, 200, batch_size=1).values():
        assert lists.tolist() == [[3] + [-1] * 199]


def test_of_more_candidates_the_first_200_are_listed():
    requests = make_requests([[0]], [4], items=400)
    retrieve = Fixed([range(100, 350)], k=250)
    lists = rank_candidates(requests, retrieve, by_item, 250, batch_size=1)
    assert lists["retrieval"].tolist() == [[*range(100, 300)]]
    assert lists["two_stage"].tolist() == [[*range(349, 149, -1)]]


def test_a_ranker_that_keeps_the_scores_keeps_the_figures():
    requests = random_requests(users=15, items=300, events=20, seed=2)
    scorer = Markov.fit(requests)

    def retrieve(requests, rows, k):
        scores = np.where(requests.seen(rows), -np.inf, scorer.score(requests, rows))
        item = top(scores, k)
        return item, np.take_along_axis(scores, item, axis=1), item >= 0

    lists = rank_candidates(requests, retrieve, as_retrieved, 200, batch_size=4)
    again = rank_candidates(requests, retrieve, as_retrieved, 200, batch_size=15)
    expected = rank_catalogue(requests, scorer, batch_size=15)
    for name in ("retrieval", "two_stage"):
        np.testing.assert_array_equal(lists[name], expected)
        np.testing.assert_array_equal(again[name], expected)


def test_equal_ranker_scores_are_ordered_by_item():
    requests = make_requests([[0]], [5], items=10)

    def flat(requests, rows, item_index, score, valid):
        return np.zeros(item_index.shape, np.float32)

    lists = rank_candidates(requests, Fixed([[5, 1, 3]]), flat, 200, batch_size=1)
    assert lists["retrieval"][0, :3].tolist() == [5, 1, 3]
    assert lists["two_stage"][0, :3].tolist() == [1, 3, 5]


def test_a_list_for_each_history():
    requests = make_requests([[0], [0], [0, 1]], [5, 6, 7], items=10)
    requests.user_ids[:] = "u0"
    lists = rank_candidates(requests, Fixed([[5, 6], [1, 2], [7, 8]]), by_item, 200, batch_size=8)
    assert lists["retrieval"][:, :2].tolist() == [[5, 6], [7, 8]]


def test_a_seen_item_is_an_error():
    requests = make_requests([[0], [7]], [1, 1], items=10)
    with pytest.raises(ValueError, match="user 'u1': expected unseen items, got 'i7'"):
        rank_candidates(requests, Fixed([[1, 7], [1, 7]]), by_item, 200, batch_size=1)


def test_a_repeated_item_is_an_error():
    requests = make_requests([[0], [7]], [1, 1], items=10)
    with pytest.raises(ValueError, match="user 'u1': expected each item once, got 'i3'"):
        rank_candidates(requests, Fixed([[3, 4, 5], [3, 5, 3]]), by_item, 200, batch_size=2)


def test_a_nan_of_the_ranker_is_an_error():
    requests = make_requests([[0]], [1], items=10)

    def broken(requests, rows, item_index, score, valid):
        return np.full(item_index.shape, np.nan)

    with pytest.raises(ValueError, match="NaN in 2 of 2"):
        rank_candidates(requests, Fixed([[1, 2]]), broken, 200, batch_size=1)


def test_nothing_to_evaluate_is_an_error():
    requests = make_requests([], [], items=3)
    with pytest.raises(ValueError, match="requests: expected at least one"):
        rank_candidates(requests, Fixed([[1]]), by_item, 200, batch_size=1)


def test_as_many_candidates_are_asked_for_as_told():
    requests = make_requests([[0]], [5], items=10)
    rank_candidates(requests, Fixed([[5, 1]], k=321), by_item, 321, batch_size=1)
