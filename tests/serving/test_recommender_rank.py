import pytest

from schemas import recommender_pb2 as pb
from tests.serving.asking import ask, ids, known, scores

EMPTY = pb.Viewer(anonymous=pb.AnonymousViewer())


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
