"""Page after page through a catalogue, over the real models of the small run."""

from __future__ import annotations

import dataclasses
import itertools

import grpc
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas import recommender_pb2 as pb
from schemas.config import ServeConfig
from serving.errors import RequestError
from serving.recommender import Recommender
from tests.serving.asking import ids, known

EMPTY = pb.Viewer(anonymous=pb.AnonymousViewer())
GENRES = ("Action", "Comedy", "Drama", "Horror", "Romance", "Western")
LONGEST_WALK = 200


def walk(recommender, request, *sizes):
    """All pages, of one size or of some in turn."""
    pages, token = [], ""
    while token or not pages:
        k = sizes[len(pages) % len(sizes)]
        asked = pb.RecommendRequest()
        asked.CopyFrom(request)
        asked.k, asked.page_token = k, token
        pages.append(recommender.recommend(asked, "test"))
        token = pages[-1].next_page_token
        assert len(pages) < LONGEST_WALK
    return pages


def check(pages, expected):
    """That pages have all of some items, none twice, and do not end in empty ones."""
    found = [item_id for page in pages for item_id in ids(page)]
    assert len(set(found)) == len(found)
    assert set(found) == set(expected)
    if expected:
        assert all(page.recommendations for page in pages)


@pytest.fixture(scope="module")
def short_of_breath(bundle):
    """Ranks 20 items at a time, and remembers 45."""
    return Recommender(bundle, ServeConfig(candidates=20, max_shown=45))


@pytest.fixture(scope="module")
def unseen(bundle):
    """Function: the ids of items that none of some users has seen."""

    def left(*users):
        seen = np.concatenate([[], *(bundle.profiles.get(user).rows for user in users)])
        rows = np.setdiff1d(np.arange(len(bundle.catalogue)), seen)
        return [bundle.catalogue.item_ids[row] for row in rows]

    return left


def genres_of(recommendation):
    return list(recommendation.item.features["genres"].values)


@pytest.mark.parametrize("viewers", [0, 1, 2])
@pytest.mark.parametrize("k", [1, 7, 40])
def test_to_the_end_of_the_catalogue(short_of_breath, bundle, users, unseen, viewers, k):
    request = pb.RecommendRequest(viewers=known(*users[:viewers]) or [EMPTY])
    pages = walk(short_of_breath, request, k)
    check(pages, unseen(*users[:viewers]))
    assert all(len(page.recommendations) == k for page in pages[:-1])
    # 45 items and what is left of the page that reaches them are retrieved, the rest goes by
    # popularity.
    retrieved = -(-45 // k)
    first, rest = (pb.PERSONAL, pb.REST) if viewers else (pb.POPULAR, pb.POPULAR)
    for at, page in enumerate(pages):
        sources = {r.source for r in page.recommendations}
        assert sources == {first if at < retrieved else rest}
        ordered = [r.scores.score for r in page.recommendations]
        assert ordered == sorted(ordered, reverse=True)
    counts = [
        bundle.catalogue.train_count[bundle.catalogue.rows(ids(page))] for page in pages[retrieved:]
    ]
    for page, after in itertools.pairwise(counts):
        assert page.min() >= after.max()


def test_a_page_is_the_best_of_what_was_not_shown(short_of_breath, bundle, users, unseen):
    """The second and third page of two viewers, worked out from vectors and ranker alone."""
    profiles = [bundle.profiles.get(user) for user in users[:2]]
    queries = bundle.encoder.encode(profiles)
    everything = bundle.retriever.score(queries, np.arange(len(bundle.catalogue)))
    left = bundle.catalogue.rows(unseen(*users[:2]))
    request = pb.RecommendRequest(viewers=known(*users[:2]), objective=pb.RATING)
    pages = walk(short_of_breath, request, 9)
    for page in pages[:5]:
        best = [left[np.argsort(-scores[left], kind="stable")[:20]] for scores in everything]
        place: dict[int, int] = {}
        for at, row in [pair for of_viewer in best for pair in enumerate(of_viewer.tolist())]:
            place[row] = min(at, place.get(row, at))
        rows = np.sort(sorted(place, key=lambda row: (place[row], row))[:20])
        joint = bundle.ranker.rank(profiles, rows, everything[:, rows].T).joint_rating
        score = dict(zip(rows.tolist(), joint.tolist(), strict=True))
        listed = bundle.catalogue.rows(ids(page)).tolist()
        np.testing.assert_allclose(
            [score[row] for row in listed], np.sort(joint)[::-1][:9], rtol=1e-4, atol=1e-4
        )
        left = np.setdiff1d(left, listed)


def test_pages_of_a_popular_list_are_the_list(recommender, bundle):
    pages = walk(recommender, pb.RecommendRequest(viewers=[EMPTY]), 13)
    popular = [bundle.catalogue.item_ids[row] for row in bundle.catalogue.popular]
    assert [item_id for page in pages for item_id in ids(page)] == popular


def test_one_page_of_everything_is_the_last(bundle, users, unseen):
    recommender = Recommender(bundle, ServeConfig(max_k=1_000))
    left = unseen(users[0])
    for k in (len(left), 1_000):
        pages = walk(recommender, pb.RecommendRequest(viewers=known(users[0])), k)
        assert len(pages) == 1
        check(pages, left)
    assert len(walk(recommender, pb.RecommendRequest(viewers=known(users[0])), len(left) - 1)) == 2


@given(data=st.data())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_asked_for_comes_exactly_once(short_of_breath, bundle, users, data):
    draw = data.draw
    item_ids = bundle.catalogue.item_ids
    who = draw(st.lists(st.sampled_from(users), unique=True, max_size=2))
    excluded = draw(st.sets(st.sampled_from(item_ids), max_size=60))
    allowed = draw(st.just(set()) | st.sets(st.sampled_from(item_ids), min_size=1, max_size=60))
    genre, negated = draw(st.sampled_from(["", *GENRES])), draw(st.booleans())
    cap = draw(st.integers(0, 3))
    request = pb.RecommendRequest(
        viewers=known(*who) or [EMPTY],
        exclude_item_ids=sorted(excluded),
        allow_item_ids=sorted(allowed),
        seen_policy=pb.INCLUDE_SEEN,
        diversity=draw(st.sampled_from([0.0, 0.5])),
        caps=[pb.Cap(feature="genres", at_most=cap)] if cap else [],
    )
    if genre:
        values = pb.FeatureValues(values=[genre])
        side = {"none_of": values} if negated else {"any_of": values}
        request.conditions.append(pb.Condition(feature="genres", **side))
    sizes = draw(st.lists(st.sampled_from([3, 10, 30]), min_size=1, max_size=3))
    pages = walk(short_of_breath, request, *sizes)

    features = bundle.catalogue.features(np.arange(len(item_ids)))
    check(
        pages,
        [
            item_id
            for item_id, each in zip(item_ids, features, strict=True)
            if item_id not in excluded
            and (not allowed or item_id in allowed)
            and (not genre or (genre in each["genres"]) != negated)
        ],
    )
    for page in pages:
        listed = [value for r in page.recommendations for value in genres_of(r)]
        assert not cap or all(listed.count(value) <= cap for value in listed)


def test_events_between_two_pages(short_of_breath, bundle, users, unseen):
    """Somebody watches what they were shown, and something else, while they turn the pages."""
    viewer = pb.Viewer(user_id=users[0])
    found, watched, token = [], [], ""
    while token or not found:
        request = pb.RecommendRequest(viewers=[viewer], k=8, page_token=token)
        page = short_of_breath.recommend(request, "test")
        found += ids(page)
        token = page.next_page_token
        others = [item_id for item_id in unseen(users[0]) if item_id not in {*found, *watched}]
        watched += [ids(page)[-1], *others[-1:]]
        viewer.recent.extend(pb.Event(item_id=item_id) for item_id in watched[-2:])
    assert len(set(found)) == len(found)
    assert set(found) | set(watched) == set(unseen(users[0]))


def test_a_newcomer_who_gets_a_history_between_two_pages(short_of_breath, bundle):
    viewer = pb.Viewer(user_id="no such user")
    first = short_of_breath.recommend(pb.RecommendRequest(viewers=[viewer], k=8), "test")
    viewer.recent.add(item_id=ids(first)[0])
    request = pb.RecommendRequest(viewers=[viewer], k=8, page_token=first.next_page_token)
    second = short_of_breath.recommend(request, "test")
    assert {r.source for r in first.recommendations} == {pb.POPULAR}
    assert {r.source for r in second.recommendations} == {pb.PERSONAL}
    assert not set(ids(first)) & set(ids(second))


def test_a_note_says_what_was_on_earlier_pages(recommender, bundle, users, unseen):
    left = len(unseen(users[0]))
    seen = len(bundle.catalogue) - left
    *_, last = walk(recommender, pb.RecommendRequest(viewers=known(users[0])), left - 3, 10)
    assert list(last.notes) == [
        f"3 items instead of 10: the catalogue holds {len(bundle.catalogue)}, {seen} of them seen "
        f"or excluded, {left - 3} on earlier pages"
    ]


class FindsFew:
    """An index that finds three items where more were asked for."""

    def __init__(self, retriever):
        self._retriever = retriever

    def __getattr__(self, name):
        return getattr(self._retriever, name)

    def search(self, queries, k, exclude, allowed=None):
        return self._retriever.search(queries, min(k, 3), exclude, allowed)


def test_an_index_that_returns_fewer_than_asked(bundle, users, unseen):
    recommender = Recommender(
        dataclasses.replace(bundle, retriever=FindsFew(bundle.retriever)), ServeConfig()
    )
    first, *pages = walk(recommender, pb.RecommendRequest(viewers=known(users[0])), 10)
    assert len(first.recommendations) == 3
    assert list(first.notes) == ["3 items instead of 10: the index found no more"]
    # What it did not find comes all the same.
    assert {r.source for page in pages for r in page.recommendations} == {pb.REST}
    check([first, *pages], unseen(users[0]))


def refused(recommender, request, token):
    request.page_token = token
    with pytest.raises(RequestError) as caught:
        recommender.recommend(request, "test")
    return caught.value.code.name, str(caught.value)


@pytest.mark.parametrize(
    ("fields", "part"),
    [
        ({"viewers": known("1", "3")}, "viewers"),
        ({"viewers": known("2", "1")}, "viewers"),
        ({"objective": pb.BLEND}, "objective, group_strategy and rating_weight"),
        ({"group_strategy": pb.MEAN}, "objective, group_strategy and rating_weight"),
        ({"exclude_item_ids": ["7"]}, "filters and seen_policy"),
        ({"allow_item_ids": ["7"]}, "filters and seen_policy"),
        ({"seen_policy": pb.INCLUDE_SEEN}, "filters and seen_policy"),
        (
            {"conditions": [pb.Condition(feature="year", range=pb.Range(least=1))]},
            "filters and seen_policy",
        ),
        ({"diversity": 0.5}, "diversity and caps"),
        ({"caps": [pb.Cap(feature="year", at_most=1)]}, "diversity and caps"),
    ],
)
def test_a_token_of_another_request(recommender, fields, part):
    mine = {"viewers": known("1", "2"), "k": 5}
    token = recommender.recommend(pb.RecommendRequest(**mine), "test").next_page_token
    code, message = refused(recommender, pb.RecommendRequest(**(mine | fields)), token)
    assert code == "INVALID_ARGUMENT"
    assert message == (
        f"page_token: expected {part} as in the request for the first page, got others"
    )


def test_what_may_differ_between_pages(recommender, users):
    request = pb.RecommendRequest(viewers=known(*users[:2]), k=5)
    first = recommender.recommend(request, "test")
    request.k, request.explain, request.page_token = 3, True, first.next_page_token
    second = recommender.recommend(request, "test")
    assert len(second.recommendations) == 3
    assert not set(ids(first)) & set(ids(second))
    assert all(r.reasons for r in second.recommendations)


def test_a_token_of_other_models(bundle, recommender, users):
    request = pb.RecommendRequest(viewers=known(users[0]), k=5)
    token = recommender.recommend(request, "test").next_page_token
    for stage in ("prepared", "retrieval", "index", "ranking"):
        versions = {**bundle.versions, stage: "another"}
        other = Recommender(dataclasses.replace(bundle, versions=versions), ServeConfig())
        code, message = refused(other, request, token)
        assert code == grpc.StatusCode.FAILED_PRECONDITION.name
        assert message.startswith("page_token: the models have been replaced since")


@pytest.mark.parametrize("token", ["x", "é", "A" * 50, "A" * 500_000])
def test_a_token_that_is_none(recommender, users, token):
    request = pb.RecommendRequest(viewers=known(users[0]), k=5)
    code, message = refused(recommender, request, token)
    assert code == "INVALID_ARGUMENT"
    assert message.startswith(
        f"page_token: expected a next_page_token as it was given, got '{token[:50]}"
    )
    assert len(message) < 200
