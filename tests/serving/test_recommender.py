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


def genres_of(recommendation):
    return list(recommendation.item.features["genres"].values)


def any_of(feature, *values):
    return pb.Condition(feature=feature, any_of=pb.FeatureValues(values=values))


def test_filters_are_applied_before_retrieval(bundle, users, seen):
    # With so few candidates a filter behind retrieval would leave next to nothing.
    recommender = Recommender(bundle, ServeConfig(candidates=15))
    features = bundle.catalogue.features(np.arange(len(bundle.catalogue)))
    genre = features[0]["genres"][0]
    between = pb.Condition(feature="year", range=pb.Range(least=1950, most=1972))
    response = ask(recommender, known(users[0]), conditions=[any_of("genres", genre), between])
    meeting = {
        item_id
        for item_id, each in zip(bundle.catalogue.item_ids, features, strict=True)
        if genre in each["genres"] and 1950 <= float(each.get("year", ["nan"])[0]) <= 1972
    }
    left = meeting - seen(users[0])
    assert len(ids(response)) == min(10, len(left)) > 3
    assert set(ids(response)) <= left
    counts = {stage.stage: (stage.items_in, stage.items_out) for stage in response.stages}
    assert counts["filter"] == (len(bundle.catalogue), len(left))


def test_the_best_of_an_allow_list(recommender, bundle, users):
    allowed = bundle.catalogue.item_ids[::7]
    fields = {"allow_item_ids": [*allowed, *allowed], "seen_policy": pb.INCLUDE_SEEN}
    response = ask(recommender, known(users[0]), k=100, **fields)
    assert sorted(ids(response)) == sorted(allowed)
    assert list(response.notes) == [
        f"{len(allowed)} items instead of 100: the catalogue holds {len(bundle.catalogue)}, 0 of "
        f"them seen or excluded, {len(bundle.catalogue) - len(allowed)} ruled out by filters"
    ]
    # Exclusions hold for them too.
    without = ask(recommender, known(users[0]), k=100, exclude_item_ids=allowed[:3], **fields)
    assert sorted(ids(without)) == sorted(allowed[3:])


@pytest.mark.parametrize("nobody", [False, True])
@pytest.mark.parametrize(
    "fields",
    [
        {"conditions": [any_of("genres", "no such genre")]},
        {"allow_item_ids": ["no such item"]},
        {"conditions": [any_of("genres", "no such genre")], "diversity": 0.5, "explain": True},
    ],
)
def test_everything_filtered(recommender, bundle, users, nobody, fields):
    viewers = [EMPTY] if nobody else known(*users[:2])
    response = ask(recommender, viewers, **fields)
    assert len(response.recommendations) == 0
    assert response.next_page_token == ""
    items = len(bundle.catalogue)
    assert response.notes[-1] == (
        f"0 items instead of 10: the catalogue holds {items}, 0 of them seen or excluded, "
        f"{items} ruled out by filters"
    )
    unknown = "allow_item_ids: 1 of them not in the catalogue"
    assert (unknown in response.notes) == ("allow_item_ids" in fields)


def test_duplicate_ids(recommender, users):
    first = ids(ask(recommender, known(users[0])))
    response = ask(recommender, known(users[0]), exclude_item_ids=first * 3)
    assert ids(response) == ids(ask(recommender, known(users[0]), exclude_item_ids=first))


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
    assert plain > half + 0.05 > whole + 0.1


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


def rank(recommender, viewers, item_ids, **fields):
    request = pb.RankRequest(viewers=viewers, item_ids=item_ids, **fields)
    return recommender.rank(request, "test")


@pytest.mark.parametrize("objective", [pb.WATCH_NEXT, pb.RATING, pb.BLEND])
@pytest.mark.parametrize("count", [1, 2])
def test_ranking_what_was_retrieved_is_recommending(recommender, users, objective, count):
    viewers = known(*users[:count])
    whole = ask(recommender, viewers, k=200, objective=objective)
    ranked = rank(recommender, viewers, sorted(ids(whole)), objective=objective)
    assert ids(ranked) == ids(whole)
    assert {r.source for r in ranked.recommendations} == {pb.GIVEN}
    for one, other in zip(ranked.recommendations, whole.recommendations, strict=True):
        assert one.item == other.item
        assert one.scores.score == pytest.approx(other.scores.score, rel=1e-4, abs=1e-6)
        assert one.scores.retrieval == pytest.approx(other.scores.retrieval, rel=1e-4, abs=1e-6)
        assert one.scores.joint_rating == pytest.approx(other.scores.joint_rating, abs=1e-4)
    assert (ranked.objective, ranked.group_strategy) == (whole.objective, whole.group_strategy)
    assert ranked.versions == whole.versions
    assert [stage.stage for stage in ranked.stages] == [
        "resolve", "encode", "score", "rank", "respond"
    ]  # fmt: skip


def test_candidates_that_are_not_known_are_reported(recommender, bundle, users):
    item_ids = ["x", *bundle.catalogue.item_ids[:3], "a" * 10]
    response = rank(recommender, known(users[0]), item_ids)
    assert sorted(ids(response)) == sorted(bundle.catalogue.item_ids[:3])
    assert list(response.unknown_item_ids) == ["x", "a" * 10]
    assert list(response.notes) == ["item_ids: 2 of them not in the catalogue"]
    nothing = rank(recommender, known(users[0]), ["x"])
    assert (len(nothing.recommendations), list(nothing.unknown_item_ids)) == (0, ["x"])


def test_candidates_of_viewers_without_history_go_by_popularity(recommender, bundle):
    response = rank(recommender, [EMPTY], bundle.catalogue.item_ids)
    assert ids(response) == [bundle.catalogue.item_ids[row] for row in bundle.catalogue.popular]
    assert {r.source for r in response.recommendations} == {pb.POPULAR}
    assert list(response.notes) == ["no viewer has a history: these are the most watched items"]


def test_recent_events_count_in_a_ranking(recommender, bundle, users):
    item_ids = bundle.catalogue.item_ids[:40]
    events = [pb.Event(item_id=bundle.catalogue.item_ids[50], rating=5)]
    plain = rank(recommender, known(users[0]), item_ids)
    moved = rank(recommender, [pb.Viewer(user_id=users[0], recent=events)], item_ids)
    assert scores(plain) != scores(moved)


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
