import numpy as np
import pytest

from schemas import recommender_pb2 as pb
from tests.serving.asking import any_of, ask, genres_of, ids, known

EMPTY = pb.Viewer(anonymous=pb.AnonymousViewer())


@pytest.mark.parametrize("nobody", [False, True])
def test_a_cap(recommender, users, nobody):
    viewers = [EMPTY] if nobody else known(users[0])
    plain, capped = (
        ask(recommender, viewers, k=6, caps=caps)
        for caps in ([], [pb.Cap(feature="genres", at_most=1)])
    )
    found = [genre for r in capped.recommendations for genre in genres_of(r)]
    assert len(set(found)) == len(found)
    assert ids(capped) != ids(plain)
    # The first of each genre, in the order of the whole list.
    whole, expected, had = ask(recommender, viewers, k=200), [], set()
    for one in whole.recommendations:
        if not had & set(genres_of(one)):
            expected.append(one.item.item_id)
            had |= set(genres_of(one))
    assert ids(capped) == expected[:6]
    stage = {stage.stage: stage for stage in capped.stages}["rerank"]
    assert stage.items_out == len(capped.recommendations)


def test_a_cap_that_leaves_no_place(recommender, bundle, users):
    genre = genres_of(ask(recommender, known(users[0]), k=1).recommendations[0])[0]
    fields = {
        "conditions": [any_of("genres", genre)],
        "caps": [pb.Cap(feature="genres", at_most=2)],
        "seen_policy": pb.INCLUDE_SEEN,
    }
    response = ask(recommender, known(users[0]), k=3, **fields)
    assert len(response.recommendations) == 2
    assert list(response.notes) == ["2 items instead of 3: the caps leave no place"]
    assert response.next_page_token


def test_diversity_makes_lists_less_alike(recommender, bundle, users):
    def likeness(response):
        vectors = bundle.retriever.vectors(bundle.catalogue.rows(ids(response)))
        units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return (units @ units.T)[np.triu_indices(10, 1)].mean()

    def mean_likeness(diversity):
        lists = [ask(recommender, known(user), diversity=diversity) for user in users[:10]]
        return np.mean([likeness(response) for response in lists])

    plain, half, whole = (mean_likeness(diversity) for diversity in (0.0, 0.5, 1.0))
    assert plain > half + 0.02 > whole + 0.04


def test_the_first_of_a_diverse_list_is_the_best(recommender, users):
    for diversity in (0.3, 1.0):
        (best,) = ids(ask(recommender, known(users[0]), k=1))
        assert ids(ask(recommender, known(users[0]), diversity=diversity))[0] == best


def test_reranked_items_are_explained(recommender, users):
    fields = {"diversity": 0.5, "caps": [pb.Cap(feature="genres", at_most=2)]}
    plain = ask(recommender, known(*users[:2]), **fields)
    told = ask(recommender, known(*users[:2]), explain=True, **fields)
    assert ids(told) == ids(plain)
    assert all(len(r.reasons) == 3 for r in told.recommendations)
