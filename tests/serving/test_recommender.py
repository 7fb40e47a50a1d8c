import dataclasses

import numpy as np
import pytest

from schemas import recommender_pb2 as pb
from schemas.config import ServeConfig
from serving.recommender import Recommender

EMPTY = pb.Viewer(anonymous=pb.AnonymousViewer())


def known(*users):
    return [pb.Viewer(user_id=user) for user in users]


def ask(recommender, viewers, k=10, **fields):
    return recommender.recommend(pb.RecommendRequest(viewers=viewers, k=k, **fields), "test")


def ids(response):
    return [r.item.item_id for r in response.recommendations]


def scores(response):
    return [r.scores.score for r in response.recommendations]


@pytest.fixture(scope="module")
def seen(bundle):
    """Function: the item ids of a user's history."""
    return lambda user: {bundle.catalogue.item_ids[r] for r in bundle.profiles.get(user).rows}


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
    assert response.objective == pb.RATING
    assert not set(ids(response)) & (seen(users[0]) | seen(users[1]))
    for one in response.recommendations:
        assert one.scores.score == one.scores.joint_rating
        assert len(one.scores.viewer_ratings) == 2


def test_the_objective_of_the_request_counts(recommender, users):
    response = ask(recommender, known(*users[:2]), objective=pb.WATCH_NEXT)
    assert [r.scores.watch_next for r in response.recommendations] == scores(response)
    response = ask(recommender, known(users[0]), objective=pb.RATING)
    assert [r.scores.joint_rating for r in response.recommendations] == scores(response)


@pytest.mark.parametrize(
    ("objective", "strategy", "combine"),
    [
        (pb.WATCH_NEXT, pb.MEAN, np.mean),
        (pb.WATCH_NEXT, pb.LEAST_MISERY, np.min),
        (pb.RATING, pb.MEAN, np.mean),
        (pb.RATING, pb.LEAST_MISERY, np.min),
        (pb.RATING, pb.JOINT, np.mean),
        (pb.BLEND, pb.LEAST_MISERY, np.min),
    ],
)
def test_what_a_group_has_in_common(recommender, users, objective, strategy, combine):
    fields = {"objective": objective, "group_strategy": strategy}
    response = ask(recommender, known(*users[:3]), k=20, **fields)
    assert (response.objective, response.group_strategy) == (objective, strategy)
    of_viewers = np.array([r.scores.viewer_scores for r in response.recommendations])
    np.testing.assert_allclose(scores(response), combine(of_viewers, axis=1), rtol=1e-6)
    assert scores(response) == sorted(scores(response), reverse=True)
    if objective == pb.RATING and strategy != pb.JOINT:
        ratings = [r.scores.viewer_ratings for r in response.recommendations]
        np.testing.assert_array_equal(of_viewers, np.array(ratings))


def test_a_blend_goes_from_chances_to_ratings(recommender, users):
    def order(objective, **fields):
        return ids(ask(recommender, known(users[0]), k=20, objective=objective, **fields))

    assert order(pb.BLEND, rating_weight=0.0) == order(pb.WATCH_NEXT)
    assert order(pb.BLEND, rating_weight=1.0) == order(pb.RATING)
    assert order(pb.WATCH_NEXT) != order(pb.RATING)


def test_the_order_of_viewers_changes_nothing_but_their_columns(recommender, users):
    a, b = users[:2]
    one, other = ask(recommender, known(a, b), k=20), ask(recommender, known(b, a), k=20)
    by_id = {r.item.item_id: r.scores for r in other.recommendations}
    np.testing.assert_allclose(scores(one), scores(other), rtol=1e-4, atol=1e-4)
    for r in one.recommendations:
        if r.item.item_id not in by_id:  # equal within rounding at the end of the list
            assert r.scores.score == pytest.approx(scores(other)[-1], abs=1e-3)
            continue
        swapped = by_id[r.item.item_id]
        assert r.scores.score == pytest.approx(swapped.score, abs=1e-3)
        assert r.scores.retrieval == pytest.approx(swapped.retrieval, abs=1e-3)
        assert list(r.scores.viewer_ratings) == pytest.approx(
            list(swapped.viewer_ratings)[::-1], abs=1e-3
        )


def test_retrieval_is_the_largest_over_viewers(recommender, bundle, users):
    profiles = [bundle.profiles.get(user) for user in users[:2]]
    queries = bundle.encoder.encode(profiles)
    response = ask(recommender, known(*users[:2]))
    expected = bundle.retriever.score(queries, bundle.catalogue.rows(ids(response))).max(axis=0)
    found = [r.scores.retrieval for r in response.recommendations]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("policy", "barred"),
    [
        (pb.SEEN_POLICY_UNSPECIFIED, set.union),
        (pb.EXCLUDE_SEEN_BY_ANY, set.union),
        (pb.EXCLUDE_SEEN_BY_ALL, set.intersection),
        (pb.INCLUDE_SEEN, lambda a, b: set()),
    ],
)
def test_seen_policies(bundle, users, seen, policy, barred):
    # All that may be returned is returned, so the rest is exactly what the policy bars.
    everything = len(bundle.catalogue)
    recommender = Recommender(bundle, ServeConfig(max_k=everything, candidates=everything))
    response = ask(recommender, known(*users[:2]), k=everything, seen_policy=policy)
    expected = barred(seen(users[0]), seen(users[1]))
    assert set(bundle.catalogue.item_ids) - set(ids(response)) == expected


def test_excluded_items_stay_out(recommender, users):
    first = ids(ask(recommender, known(users[0])))
    second = ids(ask(recommender, known(users[0]), exclude_item_ids=[*first, "no such item"]))
    assert len(second) == 10
    assert not set(first) & set(second)


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


@pytest.mark.parametrize("nobody", [False, True])
def test_everything_excluded(recommender, bundle, users, nobody):
    viewers = [EMPTY] if nobody else known(*users[:2])
    response = ask(recommender, viewers, exclude_item_ids=bundle.catalogue.item_ids)
    assert len(response.recommendations) == 0
    assert response.notes[-1].startswith("0 items instead of 10: ")


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


def test_popular_items_obey_exclusions(recommender, bundle):
    best = bundle.catalogue.item_ids[bundle.catalogue.popular[0]]
    assert best not in ids(ask(recommender, [EMPTY, EMPTY], exclude_item_ids=[best]))


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
    assert response.objective == pb.RATING
    assert len(response.recommendations) == 10
    for one in response.recommendations:
        first, second = one.scores.viewer_ratings
        assert first == pytest.approx(second, abs=1e-5)


def test_the_history_matters(recommender, users):
    lists = {tuple(ids(ask(recommender, known(user), seen_policy=pb.INCLUDE_SEEN)))
             for user in users[:10]}  # fmt: skip
    assert len(lists) > 1


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
    assert info.limits.max_k == ServeConfig().max_k
    assert info.limits.max_events == ServeConfig().max_events
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
