import numpy as np
import pytest

from schemas import recommender_pb2 as pb
from tests.serving.asking import ask, ids, known, scores

EMPTY = pb.Viewer(anonymous=pb.AnonymousViewer())


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
