import dataclasses

import numpy as np
import pytest

from schemas import recommender_pb2 as pb
from schemas.config import ServeConfig
from serving.recommender import Recommender
from tests.serving.asking import ask, ids, known, scores

EMPTY = pb.Viewer(anonymous=pb.AnonymousViewer())


def test_one_viewer(recommender, bundle, users, seen):
    response = ask(recommender, known(users[0]))
    assert len(set(ids(response))) == 10
    assert not set(ids(response)) & seen(users[0])
    assert scores(response) == sorted(scores(response), reverse=True)
    assert response.objective == pb.WATCH_NEXT
    assert list(response.notes) == []
    for one in response.recommendations:
        assert one.source == pb.PERSONAL
        assert one.scores.score == one.scores.watch_next
        assert len(one.scores.viewer_ratings) == 1
        assert one.scores.HasField("retrieval")
        assert one.scores.HasField("joint_rating")
    assert response.request_id == "test"
    assert response.versions.retrieval == bundle.versions["retrieval"]
    assert response.versions.index == bundle.versions["index"]
    assert response.versions.ranking == bundle.versions["ranking"]


def test_the_stages_account_for_the_items(recommender, bundle, users, seen):
    response = ask(recommender, known(users[0]), k=3)
    counts = {stage.stage: (stage.items_in, stage.items_out) for stage in response.stages}
    items, left = len(bundle.catalogue), len(bundle.catalogue) - len(seen(users[0]))
    candidates = min(200, left)
    assert counts == {
        "resolve": (1, 1),
        "filter": (items, left),
        "encode": (1, 1),
        "retrieve": (left, candidates),
        "rank": (candidates, candidates),
        "respond": (candidates, 3),
    }
    assert all(stage.milliseconds > 0 for stage in response.stages)


def test_features_are_shown(recommender, bundle, users):
    (one,) = ask(recommender, known(users[0]), k=1).recommendations
    row = bundle.catalogue.rows([one.item.item_id])
    shown = {name: list(values.values) for name, values in one.item.features.items()}
    assert shown == bundle.catalogue.features(row)[0]
    assert "title" in shown


def test_two_viewers(recommender, users, seen):
    response = ask(recommender, known(*users[:2]))
    assert (response.objective, response.group_strategy) == (pb.WATCH_NEXT, pb.MEAN)
    assert not set(ids(response)) & (seen(users[0]) | seen(users[1]))
    for one in response.recommendations:
        assert one.scores.score == one.scores.watch_next
        assert len(one.scores.viewer_ratings) == 2


def test_retrieval_is_the_largest_over_viewers(recommender, bundle, users):
    profiles = [bundle.profiles.get(user) for user in users[:2]]
    queries = bundle.encoder.encode(profiles)
    response = ask(recommender, known(*users[:2]))
    expected = bundle.retriever.score(queries, bundle.catalogue.rows(ids(response))).max(axis=0)
    found = [r.scores.retrieval for r in response.recommendations]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_k_above_the_candidates_is_met(bundle, users):
    recommender = Recommender(bundle, ServeConfig(candidates=5))
    response = ask(recommender, known(users[0]), k=12)
    assert len(response.recommendations) == 12
    assert list(response.notes) == []


def test_k_beyond_the_catalogue(bundle, users, seen):
    recommender = Recommender(bundle, ServeConfig(max_k=10**6))
    response = ask(recommender, known(users[0]), k=10**6)
    items, barred = len(bundle.catalogue), len(seen(users[0]))
    assert len(set(ids(response))) == len(response.recommendations) == items - barred
    assert list(response.notes) == [
        f"{items - barred} items instead of 1000000: the catalogue holds {items}, "
        f"{barred} of them seen or excluded"
    ]


def test_an_unknown_viewer_gets_popular_items(recommender, bundle):
    response = ask(recommender, known("no such user"))
    popular = [bundle.catalogue.item_ids[row] for row in bundle.catalogue.popular[:10]]
    assert ids(response) == popular
    for one in response.recommendations:
        assert one.source == pb.POPULAR
        assert not one.scores.HasField("retrieval")
        assert not one.scores.viewer_ratings
    counts = bundle.catalogue.train_count[bundle.catalogue.rows(popular)]
    assert scores(response) == counts.tolist()
    assert list(response.notes) == [
        "viewers[0].user_id: not a user of the prepared data, and no events are recorded; taken "
        "as a viewer without history",
        "no viewer has a history: these are the most watched items",
    ]
    assert [stage.stage for stage in response.stages] == ["resolve", "filter", "popular", "respond"]


@pytest.mark.parametrize("empty", [EMPTY, *known("no such user")])
def test_a_viewer_without_history_beside_one_with(recommender, users, empty):
    response = ask(recommender, [*known(users[0]), empty])
    assert len(response.recommendations) == 10
    assert {r.source for r in response.recommendations} == {pb.PERSONAL}
    assert all(len(r.scores.viewer_ratings) == 2 for r in response.recommendations)
    assert len(response.notes) == empty.HasField("user_id")


def test_an_anonymous_viewer_gets_what_the_user_gets(recommender, users, as_anonymous):
    for user in users[:5]:
        named = ask(recommender, known(user), k=20)
        nameless = ask(recommender, [pb.Viewer(anonymous=as_anonymous(user))], k=20)
        assert ids(named) == ids(nameless)
        assert scores(named) == pytest.approx(scores(nameless), rel=1e-5)


def test_anonymous_viewers_who_are_alike_are_still_two(recommender, users, as_anonymous):
    twin = pb.Viewer(anonymous=as_anonymous(users[0]))
    response = ask(recommender, [twin, twin])
    assert len(response.recommendations) == 10
    for one in response.recommendations:
        first, second = one.scores.viewer_ratings
        assert first == pytest.approx(second, abs=1e-5)


def test_the_history_matters(recommender, users):
    lists = {tuple(ids(ask(recommender, known(user), seen_policy=pb.INCLUDE_SEEN)))
             for user in users[:10]}  # fmt: skip
    assert len(lists) > 1


def test_recent_events_count_as_history(recommender, bundle, users, as_anonymous):
    profile, new = bundle.profiles.get(users[0]), bundle.catalogue.item_ids[-5:-3]
    now = int(profile.timestamps[-1]) + 3_600
    events = [pb.Event(item_id=item_id, rating=4, timestamp=now) for item_id in new]
    merged = ask(recommender, [pb.Viewer(user_id=users[0], recent=events)], k=20)
    whole = as_anonymous(users[0])
    whole.events.extend(events)
    expected = ask(recommender, [pb.Viewer(anonymous=whole)], k=20)
    assert ids(merged) == ids(expected)
    assert scores(merged) == pytest.approx(scores(expected), rel=1e-5)
    assert scores(merged) != pytest.approx(scores(ask(recommender, known(users[0]), k=20)))
    assert list(merged.notes) == []
    # The same events beside an anonymous history.
    split = pb.Viewer(anonymous=as_anonymous(users[0]), recent=events)
    assert ids(ask(recommender, [split], k=20)) == ids(expected)


def test_recent_events_are_seen(recommender, bundle, users):
    watched = ids(ask(recommender, known(users[0]), k=3))
    events = [pb.Event(item_id=item_id) for item_id in watched]
    response = ask(recommender, [pb.Viewer(user_id=users[0], recent=events)])
    assert not set(watched) & set(ids(response))


def test_an_unknown_user_with_recent_events(recommender, bundle):
    events = [pb.Event(item_id=bundle.catalogue.item_ids[3], rating=4)]
    response = ask(recommender, [pb.Viewer(user_id="no such user", recent=events)])
    nameless = ask(recommender, [pb.Viewer(anonymous=pb.AnonymousViewer(events=events))])
    assert ids(response) == ids(nameless)
    assert {r.source for r in response.recommendations} == {pb.PERSONAL}
    assert list(response.notes) == [
        "viewers[0].user_id: not a user of the prepared data, and no events are recorded; taken "
        "as a viewer with the recent events alone"
    ]


def test_similar_items(recommender, bundle):
    item_ids = bundle.catalogue.item_ids
    response = recommender.similar_items(pb.SimilarItemsRequest(item_id=item_ids[3], k=5), "test")
    vectors = bundle.retriever.vectors(np.arange(len(item_ids)))
    exact = np.delete(vectors @ vectors[3], 3)
    found = [similar.score for similar in response.items]
    np.testing.assert_allclose(found, np.sort(exact)[::-1][:5], rtol=1e-4, atol=1e-4)
    assert item_ids[3] not in [similar.item.item_id for similar in response.items]
    best = response.items[0].item.item_id
    request = pb.SimilarItemsRequest(item_id=item_ids[3], k=5, exclude_item_ids=[best])
    without = recommender.similar_items(request, "test")
    assert best not in [similar.item.item_id for similar in without.items]
    assert len(without.items) == 5


def test_similar_items_beyond_the_catalogue(bundle):
    recommender = Recommender(bundle, ServeConfig(max_k=10**6))
    request = pb.SimilarItemsRequest(item_id=bundle.catalogue.item_ids[0], k=10**6)
    response = recommender.similar_items(request, "test")
    assert len(response.items) == len(bundle.catalogue) - 1
    assert "items instead of 1000000" in response.notes[0]


def test_model_info(recommender, bundle):
    info = recommender.model_info(pb.GetModelInfoRequest(), "test")
    assert (info.items, info.users) == (len(bundle.catalogue), len(bundle.profiles))
    assert info.index_kind == bundle.retriever.kind
    for limit in info.limits.DESCRIPTOR.fields:
        assert getattr(info.limits, limit.name) == getattr(ServeConfig(), limit.name)
    assert dict(info.item_features) == {
        name: str(feature.kind) for name, feature in bundle.card.item_features.items()
    }
    assert info.rating_max == pytest.approx(bundle.card.rating_range[1])


def test_warm_up_takes_the_path_of_requests(bundle):
    for config in (ServeConfig(), ServeConfig(max_viewers=1, max_history=1, max_k=1)):
        Recommender(bundle, config).warm_up()


def test_a_bundle_cannot_be_changed(bundle):
    with pytest.raises(dataclasses.FrozenInstanceError):
        bundle.card = None
