"""Explanations on the request path, and the choice of the strongest events."""

from __future__ import annotations

import numpy as np
import pytest

from schemas import recommender_pb2 as pb
from schemas.config import ServeConfig
from serving.explain import strongest
from serving.goal import Goal
from serving.recommender import Recommender
from tests.planted import SERIES_LENGTH
from tests.serving.asking import ask, known

EMPTY = pb.Viewer(anonymous=pb.AnonymousViewer())


def watched(*item_ids):
    events = [
        pb.Event(item_id=item_id, rating=4, timestamp=874_000_000 + 3_600 * hour)
        for hour, item_id in enumerate(item_ids)
    ]
    return pb.Viewer(anonymous=pb.AnonymousViewer(events=events))


def reasons(response):
    """Of each item `(viewer, item id, contribution)`."""
    return [
        [(reason.viewer, reason.item.item_id, reason.contribution) for reason in one.reasons]
        for one in response.recommendations
    ]


def without_reasons(response):
    for one in response.recommendations:
        del one.reasons[:]
    del response.stages[:]
    return response


def test_only_when_asked_for(recommender, users):
    plain = ask(recommender, known(*users[:2]))
    told = ask(recommender, known(*users[:2]), explain=True)
    assert not any(reasons(plain))
    assert "explain" not in [stage.stage for stage in plain.stages]
    assert [len(events) for events in reasons(told)] == [3] * 10
    (stage,) = [stage for stage in told.stages if stage.stage == "explain"]
    assert stage.items_out == 10
    assert stage.items_in > 10
    # Nothing else differs, not even in its last bit.
    assert without_reasons(told) == without_reasons(plain)


@pytest.mark.parametrize(
    ("objective", "strategy"),
    [
        (pb.WATCH_NEXT, pb.MEAN),
        (pb.WATCH_NEXT, pb.LEAST_MISERY),
        (pb.RATING, pb.JOINT),
        (pb.BLEND, pb.MEAN),
    ],
)
def test_reasons_are_the_events_that_move_the_score_most(
    recommender, bundle, users, objective, strategy
):
    fields = {"objective": objective, "group_strategy": strategy}
    response = ask(recommender, known(*users[:2]), k=4, explain=True, explain_events=20, **fields)
    profiles = [bundle.profiles.get(user) for user in users[:2]]
    rows = bundle.catalogue.rows([one.item.item_id for one in response.recommendations])
    retrieval = bundle.retriever.score(bundle.encoder.encode(profiles), rows).T
    moved = bundle.ranker.explain(profiles, rows, retrieval)
    of_viewers = np.array([one.scores.viewer_scores for one in response.recommendations])
    scale = bundle.card.rating_range
    change = Goal(objective, strategy).contributions(moved, of_viewers, scale)
    for at, events in enumerate(reasons(response)):
        sizes = [abs(contribution) for _, _, contribution in events]
        assert sizes == sorted(sizes, reverse=True)
        largest = np.sort(np.abs(change[at]).ravel())[::-1][:20]
        np.testing.assert_allclose(sizes, largest, rtol=1e-4, atol=1e-5)
        for viewer, item_id, contribution in events:
            (row,) = bundle.catalogue.rows([item_id])
            event = np.flatnonzero(moved.event_rows[viewer] == row)
            assert contribution == pytest.approx(change[at, viewer, event[0]], abs=1e-4)


def test_the_next_of_a_series_is_there_because_of_the_one_before(recommender):
    # The planted cause: item i + 1 is watched after item i.
    one, other = 13, 67
    response = ask(recommender, [watched("101", "42", str(other), str(one))], k=2, explain=True)
    told = {r.item.item_id: r.reasons[0] for r in response.recommendations}
    assert told[str(one + 1)].item.item_id == str(one)
    assert told[str(one + 1)].contribution > 0
    assert "title" in told[str(one + 1)].item.features


def test_of_two_viewers_it_is_the_one_who_saw_it(recommender):
    pair = [watched("101", "42", "13"), watched("88", "67")]
    for viewers, owner in ((pair, 0), (pair[::-1], 1)):
        response = ask(recommender, viewers, k=20, objective=pb.WATCH_NEXT, explain=True)
        (told,) = [r.reasons[0] for r in response.recommendations if r.item.item_id == "14"]
        assert (told.viewer, told.item.item_id) == (owner, "13")
        assert int(told.item.item_id) % SERIES_LENGTH


def test_a_short_history_has_few_reasons(recommender):
    response = ask(recommender, [watched("13"), EMPTY], k=2, explain=True, explain_events=7)
    assert [[event[:2] for event in events] for events in reasons(response)] == [[(0, "13")]] * 2


def test_popular_items_have_no_reasons(recommender):
    response = ask(recommender, [EMPTY], k=3, explain=True)
    assert {one.source for one in response.recommendations} == {pb.POPULAR}
    assert not any(reasons(response))


def test_nothing_left_to_explain(recommender, bundle, users):
    response = ask(
        recommender, known(users[0]), exclude_item_ids=bundle.catalogue.item_ids, explain=True
    )
    assert not response.recommendations


def test_limits_are_told_and_kept_while_warming_up(bundle):
    recommender = Recommender(bundle, ServeConfig(max_explained=7, max_explained_viewers=1))
    recommender.warm_up()
    limits = recommender.model_info(pb.GetModelInfoRequest(), "test").limits
    assert (limits.max_explained, limits.max_explained_viewers) == (7, 1)


def test_strongest_by_hand():
    rows = np.array([[-1, 5, 6], [7, 8, 9]])
    contribution = np.array([[[9.0, 0.5, -2.0], [0.1, 0.2, 0.3]], [[9, 0, 0], [1, -1, 2]]])
    found = strongest(contribution, rows, 2)
    # 9.0 is of no event; then -2 and .5 of the first viewer, and of the second item 2 and 1, which
    # is before -1.
    assert found.viewers.tolist() == [[0, 0], [1, 1]]
    assert found.rows.tolist() == [[6, 5], [9, 7]]
    assert found.contributions.tolist() == [[-2.0, 0.5], [2.0, 1.0]]
    assert strongest(contribution, rows, 20).rows.shape == (2, 5)
