import numpy as np

from evaluation.pair_strata import STRATA, stratify
from evaluation.ratings import Pairs, common_target_pairs
from tests.evaluation.build import make_requests, random_requests


def test_kinds_by_hand():
    # u0 and u1 rate alike, u2 the other way round, u3 has little; all are asked for item 9.
    histories = [[0, 1, 2, 3], [0, 1, 2, 3], [0, 1, 2, 3], [0]]
    ratings = [[5, 1, 4, 2], [4, 2, 4, 2], [1, 5, 2, 4], [3]]
    requests = make_requests(histories, [9] * 4, 10, ratings, [3, 4, 5, 1])
    pairs = Pairs(np.array([0, 0, 1, 0]), np.array([1, 2, 2, 3]), 6)
    found = stratify(requests, pairs)
    assert tuple(found) == STRATA
    assert found["all"].all()
    # The median history has 4 events, which is not above itself.
    assert not found["both_active"].any()
    assert found["both_sparse"].all()
    # Correlations of .95, -1, -.95 and 0; a third of four pairs is one.
    assert found["similar"].tolist() == [True, False, False, False]
    assert found["dissimilar"].tolist() == [False, True, False, False]


def test_active_and_sparse_are_both_people_of_a_pair():
    ratings = [[3, 4], [3, 4], [2], [2]]
    requests = make_requests([[0, 1], [0, 1], [0], [0]], [9] * 4, 10, ratings, [1] * 4)
    pairs = common_target_pairs(requests, 10, 0)
    found = stratify(requests, pairs)
    people = np.stack([pairs.left, pairs.right], axis=1)
    assert people[found["both_active"]].tolist() == [[0, 1]]
    assert people[found["both_sparse"]].tolist() == [[2, 3]]


def test_a_third_of_the_pairs_is_similar_and_another_dissimilar():
    requests = random_requests(60, 12, 10, seed=1)
    pairs = common_target_pairs(requests, 1_000, 0)
    found = stratify(requests, pairs)
    for kind in ("similar", "dissimilar"):
        assert found[kind].sum() == len(pairs.left) // 3
    assert not (found["similar"] & found["dissimilar"]).any()
