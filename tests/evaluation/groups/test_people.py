import math

import numpy as np
import pytest

from evaluation.groups import people as people_module
from evaluation.groups.people import read_people, taste_similarity
from tests.evaluation.build import make_requests, random_requests


def of_users(users, *args, **kwargs):
    requests = make_requests(*args, **kwargs)
    requests.user_ids[:] = users
    return requests


def test_a_person_has_one_history_and_all_that_is_held_out():
    requests = of_users(
        ["u0", "u0", "u1"], [[0, 1], [0, 1], [2]], [3, 4, 0], items=5, target_ratings=[5, 2, 4]
    )
    people = read_people(requests)
    assert len(people) == 2
    assert people.row.tolist() == [0, 2]
    assert people.seen.tolist() == [[1, 1, 0, 0, 0], [0, 0, 1, 0, 0]]
    np.testing.assert_array_equal(
        people.held_out, [[np.nan] * 3 + [5, 2], [4, np.nan, np.nan, np.nan, np.nan]]
    )


def test_what_one_member_has_seen_is_not_recommendable():
    people = read_people(
        make_requests([[0], [1], [0, 2]], [4, 4, 4], items=5, target_ratings=[1, 1, 1])
    )
    assert people.recommendable(np.array([[0, 1], [0, 2]])).tolist() == [
        [False, False, True, True, True],
        [False, True, False, True, True],
    ]


def test_similarity_by_hand():
    requests = make_requests(
        [[0, 1, 2, 3], [0, 1, 2, 4], [0, 1, 2], [5], [0, 1]],
        [6] * 5,
        items=7,
        ratings=[[5, 3, 1, 3], [4, 3, 2, 3], [2, 4, np.nan], [4], [3, 3]],
    )
    found = taste_similarity(requests, np.arange(5))
    # u0 deviates by 2, 0, -2 from its mean of 3, u1 by 1, 0, -1: correlation 1 on three items.
    assert found[0, 1] == pytest.approx(3 / 50)
    # u2, whose third item has no rating, by -1 and 1: with u0 the sum is -2, over sqrt(4 * 2).
    assert found[0, 2] == pytest.approx(-2 / math.sqrt(8) * 2 / 50)
    # u3 shares nothing with anybody, u4 rates everything alike.
    assert not found[3, [0, 1, 2, 4]].any()
    assert not found[4, [0, 1, 2, 3]].any()
    np.testing.assert_array_equal(found, found.T)


def test_from_50_common_items_on_a_correlation_counts_in_full():
    rng = np.random.default_rng(5)
    rating = rng.integers(1, 6, (2, 60)).tolist()
    items = [[*range(60)], [*range(60)]]
    found = taste_similarity(make_requests(items, [60, 60], items=61, ratings=rating), np.arange(2))
    assert found[0, 1] == pytest.approx(np.corrcoef(rating)[0, 1])


def test_similarity_of_many_is_that_of_two(monkeypatch):
    monkeypatch.setattr(people_module, "COMMON_ITEMS", 4)
    requests = random_requests(users=12, items=30, events=25, seed=6)
    found = taste_similarity(requests, np.arange(12))
    by_user = [
        dict(zip(requests.history_item[a:b], requests.history_rating[a:b], strict=True))
        for a, b in zip(requests.indptr, requests.indptr[1:], strict=False)
    ]
    mean = [sum(ratings.values()) / len(ratings) for ratings in by_user]
    for u, v in [(0, 1), (3, 7), (10, 11), (2, 9)]:
        common = by_user[u].keys() & by_user[v].keys()
        left = np.array([by_user[u][i] - mean[u] for i in common])
        right = np.array([by_user[v][i] - mean[v] for i in common])
        length = math.sqrt((left**2).sum() * (right**2).sum())
        expected = (left * right).sum() / length if length else 0.0
        assert found[u, v] == pytest.approx(expected * min(len(common), 4) / 4)


def test_several_histories_of_a_user_are_an_error():
    requests = of_users(["u0", "u0"], [[0], [0, 1]], [1, 2], items=3, target_ratings=[4, 4])
    with pytest.raises(ValueError, match=r"prepare\.split: .* got 2 histories of 1 users"):
        read_people(requests)


def test_no_requests_and_no_ratings_are_errors():
    with pytest.raises(ValueError, match="requests: expected at least one"):
        read_people(make_requests([], [], items=3))
    with pytest.raises(ValueError, match="target_rating: expected at least one rating"):
        read_people(make_requests([[0]], [1], items=3))
