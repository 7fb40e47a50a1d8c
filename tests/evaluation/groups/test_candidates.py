import numpy as np
import pytest

from evaluation.groups.candidates import find_candidates
from evaluation.groups.people import read_people
from serving.hits import Hits
from tests.evaluation.build import make_requests, random_requests

VECTORS = np.array([[1, 0], [0, 5], [2, 0], [0, 4], [3, 0], [0, 1]], np.float32)


class Towers:
    """A query is (events, 1) of a request, or whatever is written down for it."""

    def __init__(self, vectors=VECTORS, queries=None):
        self.item_vectors, self.queries = vectors, queries

    def encode(self, requests, rows):
        if self.queries is not None:
            return self.queries[rows]
        events = np.diff(requests.indptr)[rows]
        return np.stack([events, np.ones(len(rows))], axis=1).astype(np.float32)


def exact(vectors):
    def search(queries, k, barred):
        scores = queries @ vectors.T
        for query, items in enumerate(barred):
            scores[query, items] = -np.inf
        order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        return order, np.isfinite(np.take_along_axis(scores, order, axis=1))

    return search


def test_what_is_found_for_any_member_is_scored_for_every_member():
    # u0 has seen 0, u1 has seen 1 and 4: 2, 3 and 5 are left. Queries (1, 1) and (2, 1) score them
    # 2 4 1 and 4 4 1: u0's list is 3 2, u1's is 2 3, since equal ones go by item.
    requests = make_requests([[0], [1, 4]], [5, 5], items=6, target_ratings=[5, 5])
    people = read_people(requests)
    found = find_candidates(requests, people, np.array([[0, 1]]), Towers(), exact(VECTORS), 2)
    assert found.item_index.tolist() == [[2, 3]]
    assert found.valid.tolist() == [[True, True]]
    assert found.score.tolist() == [[[2, 4], [4, 4]]]
    turned = find_candidates(requests, people, np.array([[1, 0]]), Towers(), exact(VECTORS), 2)
    assert turned.item_index.tolist() == [[2, 3]]
    assert turned.score.tolist() == [[[4, 2], [4, 4]]]


def test_a_group_has_as_many_candidates_as_a_member_and_they_are_those_of_the_server():
    rng = np.random.default_rng(5)
    requests = random_requests(users=12, items=60, events=15, seed=5)
    people = read_people(requests)
    towers = Towers(rng.normal(size=(60, 4)), rng.normal(size=(12, 4)))
    groups, search = rng.permutation(12).reshape(3, 4), exact(towers.item_vectors)
    found = find_candidates(requests, people, groups, towers, search, 7)
    assert found.valid.tolist() == [[True] * 7] * 3
    for group, items in zip(groups, found.item_index, strict=True):
        barred = [np.flatnonzero(people.seen[group].any(axis=0))] * 4
        rows, valid = search(towers.encode(requests, people.row[group]), 7, barred)
        served = Hits(rows, np.zeros(rows.shape, np.float32), valid).united(7)
        np.testing.assert_array_equal(items, served)


def test_groups_with_fewer_candidates_are_padded():
    # The first group has seen all but 3 and 5, the second nothing but 1.
    requests = make_requests([[0, 1], [2, 4], [1], [1]], [5] * 4, items=6, target_ratings=[5] * 4)
    groups = np.array([[0, 1], [2, 3]])
    found = find_candidates(requests, read_people(requests), groups, Towers(), exact(VECTORS), 4)
    assert found.valid.tolist() == [[True, True, False, False], [True] * 4]
    assert found.item_index[0, :2].tolist() == [3, 5]
    assert found.item_index[1].tolist() == [0, 2, 3, 4]


def test_a_group_alone_has_the_same_candidates():
    rng = np.random.default_rng(3)
    requests = random_requests(users=12, items=60, events=15, seed=3)
    people = read_people(requests)
    towers = Towers(rng.normal(size=(60, 4)), rng.normal(size=(12, 4)))
    groups = rng.permutation(12).reshape(3, 4)
    search = exact(towers.item_vectors)
    together = find_candidates(requests, people, groups, towers, search, 7)
    for at in range(3):
        alone = find_candidates(requests, people, groups[[at]], towers, search, 7)
        count = alone.item_index.shape[1]
        assert alone.valid.all()
        assert together.valid[at].sum() == count
        np.testing.assert_array_equal(together.item_index[at, :count], alone.item_index[0])
        np.testing.assert_allclose(together.score[at, :count], alone.score[0], rtol=1e-12)
        barred = set(np.flatnonzero(people.seen[groups[at]].any(axis=0)))
        assert not barred & set(alone.item_index[0].tolist())


def test_what_the_search_marks_as_missing_is_no_candidate():
    def search(queries, k, barred):
        shape = (len(queries), 3)
        return np.broadcast_to([3, 0, 2], shape), np.broadcast_to([True, False, True], shape)

    requests = make_requests([[0], [0]], [5, 5], items=6, target_ratings=[5, 5])
    found = find_candidates(
        requests, read_people(requests), np.array([[0, 1]]), Towers(), search, 3
    )
    assert found.item_index.tolist() == [[2, 3]]


def test_a_seen_item_is_an_error():
    requests = make_requests([[0], [1]], [5, 5], items=6, target_ratings=[5, 5])

    def search(queries, k, barred):
        return np.full((len(queries), 1), 1), np.ones((len(queries), 1), bool)

    with pytest.raises(ValueError, match="expected items that no member has seen, got 'i1'"):
        find_candidates(requests, read_people(requests), np.array([[0, 1]]), Towers(), search, 1)
