import dataclasses

import grpc
import pytest

from schemas import recommender_pb2 as pb
from schemas.config import ServeConfig
from serving.catalogue import Catalogue
from serving.errors import RequestError
from serving.goal import Goal
from serving.validation import Validator
from tests.serving.build import CARD, NAN, write_catalogue

LIMITS = ServeConfig(
    max_k=20,
    max_viewers=3,
    max_exclude=5,
    max_explained=8,
    max_explained_viewers=2,
    max_allow=3,
    max_conditions=2,
    max_ranked=4,
)


UNRATED = dataclasses.replace(CARD, events=dataclasses.replace(CARD.events, rating=""), rating=None)


@pytest.fixture
def unrated(tmp_path):
    """A validator over data without ratings."""
    items = [(item_id, "", [], NAN, 0) for item_id in "abcd"]
    return Validator(UNRATED, Catalogue(write_catalogue(tmp_path, items), UNRATED), LIMITS)


@pytest.fixture
def validator(tmp_path):
    items = [(item_id, "", [], NAN, 0) for item_id in "abcd"]
    return Validator(CARD, Catalogue(write_catalogue(tmp_path, items), CARD), LIMITS)


def user(user_id):
    return pb.Viewer(user_id=user_id)


def request(*viewers, k=5, **fields):
    return pb.RecommendRequest(viewers=viewers, k=k, **fields)


U = user("u")

INVALID = {
    "no viewer": (request(), "viewers: expected 1 to 3, got 0"),
    "k of 0": (request(U, k=0), "k: expected 1 to 20, got 0"),
    "negative k": (request(U, k=-1), "k: expected 1 to 20, got -1"),
    "k above the limit": (request(U, k=21), "k: expected 1 to 20, got 21"),
    "unknown seen policy": (
        request(U, seen_policy=9),
        "seen_policy: expected one of ['SEEN_POLICY_UNSPECIFIED', ",
    ),
    "unknown objective": (
        request(U, objective=-1),
        "objective: expected one of ['OBJECTIVE_UNSPECIFIED', 'WATCH_NEXT', 'RATING', 'BLEND'], "
        "got -1",
    ),
    "unknown group strategy": (
        request(U, group_strategy=7),
        "group_strategy: expected one of ['GROUP_STRATEGY_UNSPECIFIED', 'MEAN', ",
    ),
    "a joint chance": (
        request(U, user("v"), objective=pb.WATCH_NEXT, group_strategy=pb.JOINT),
        "group_strategy: expected MEAN or LEAST_MISERY with WATCH_NEXT, got 'JOINT'",
    ),
    "the weight of no blend": (
        request(U, objective=pb.RATING, rating_weight=0.5),
        "rating_weight: expected none without BLEND, got 0.5",
    ),
    "too large a weight": (
        request(U, objective=pb.BLEND, rating_weight=1.5),
        "rating_weight: expected 0 to 1, got 1.5",
    ),
    "a weight that is no number": (
        request(U, objective=pb.BLEND, rating_weight=float("nan")),
        "rating_weight: expected 0 to 1, got nan",
    ),
    "reasons without explain": (
        request(U, explain_events=2),
        "explain_events: expected 0 without explain, got 2",
    ),
    "negative reasons": (
        request(U, explain=True, explain_events=-1),
        "explain_events: expected 0 to 20, got -1",
    ),
    "too many reasons": (
        request(U, explain=True, explain_events=21),
        "explain_events: expected 0 to 20, got 21",
    ),
    "too many items to explain": (
        request(U, k=9, explain=True),
        "k: expected 1 to 8 with explain, got 9",
    ),
    "too many viewers to explain for": (
        request(*map(user, "abc"), explain=True),
        "viewers: expected 1 to 2 with explain, got 3",
    ),
    "too many exclusions": (
        request(U, exclude_item_ids=["x"] * 6),
        "exclude_item_ids: expected at most 5, got 6",
    ),
    "empty exclusion": (
        request(U, exclude_item_ids=["a", ""]),
        "exclude_item_ids[1]: expected an item id, got ''",
    ),
    "too many allowed items": (
        request(U, allow_item_ids=["x"] * 4),
        "allow_item_ids: expected at most 3, got 4",
    ),
    "empty allowed item": (
        request(U, allow_item_ids=[""]),
        "allow_item_ids[0]: expected an item id, got ''",
    ),
    "a condition that nothing can meet": (
        request(U, conditions=[pb.Condition(feature="year", range=pb.Range(least=2, most=1))]),
        "conditions[0].year: expected least <= most, got 2.0 and 1.0",
    ),
    "too many conditions": (
        request(U, conditions=[pb.Condition()] * 3),
        "conditions: expected at most 2, got 3",
    ),
    "too much diversity": (
        request(U, diversity=2.0),
        "diversity: expected 0 to 1, got 2",
    ),
    "a cap of 0": (
        request(U, caps=[pb.Cap(feature="genres")]),
        "caps[0].at_most: expected 1 or more, got 0",
    ),
}


@pytest.mark.parametrize("name", INVALID)
def test_invalid_requests_name_the_field(validator, name):
    wrong, message = INVALID[name]
    with pytest.raises(RequestError) as caught:
        validator.recommend(wrong)
    assert caught.value.code is grpc.StatusCode.INVALID_ARGUMENT
    assert str(caught.value).startswith(message)


def test_defaults(validator):
    query = validator.recommend(request(U))
    assert query.viewers == ("u",)
    assert query.goal == Goal(pb.WATCH_NEXT, pb.MEAN)
    assert query.seen_policy == pb.EXCLUDE_SEEN_BY_ANY
    assert validator.recommend(request(U, user("v"))).goal == Goal(pb.WATCH_NEXT, pb.MEAN)


@pytest.mark.parametrize(
    ("fields", "goal"),
    [
        ({"objective": pb.RATING}, Goal(pb.RATING, pb.JOINT)),
        ({"objective": pb.BLEND}, Goal(pb.BLEND, pb.JOINT, 0.5)),
        ({"objective": pb.BLEND, "rating_weight": 0.0}, Goal(pb.BLEND, pb.JOINT, 0.0)),
        ({"group_strategy": pb.LEAST_MISERY}, Goal(pb.WATCH_NEXT, pb.LEAST_MISERY)),
        (
            {"objective": pb.BLEND, "group_strategy": pb.MEAN, "rating_weight": 0.25},
            Goal(pb.BLEND, pb.MEAN, 0.25),
        ),
    ],
)
def test_what_the_items_are_ordered_by(validator, fields, goal):
    assert validator.recommend(request(U, **fields)).goal == goal


@pytest.mark.parametrize(
    ("fields", "reasons"),
    [
        ({}, 0),
        ({"explain": True}, 3),
        ({"explain": True, "explain_events": 1}, 1),
        ({"explain": True, "explain_events": 20, "k": 8}, 20),
    ],
)
def test_how_many_events_explain_an_item(validator, fields, reasons):
    assert validator.recommend(request(U, **fields)).reasons == reasons


def test_without_ratings_nothing_is_predicted(unrated):
    assert unrated.recommend(request(U, user("v"))).goal == Goal(pb.WATCH_NEXT, pb.MEAN)
    for objective in ("RATING", "BLEND"):
        with pytest.raises(RequestError, match=f"expected WATCH_NEXT, got {objective}") as error:
            unrated.recommend(request(U, user("v"), objective=pb.Objective.Value(objective)))
        assert error.value.code is grpc.StatusCode.FAILED_PRECONDITION


def test_limits_are_inclusive(validator):
    asked = request(*map(user, "abc"), k=20, exclude_item_ids=["x"] * 5)
    assert len(validator.recommend(asked).viewers) == 3


def test_recent_events_are_a_viewers_own(validator):
    viewer = pb.Viewer(user_id="v", recent=[pb.Event(item_id="c")])
    nothing, recent = validator.recommend(request(U, viewer)).recent
    assert (nothing.rows.tolist(), recent.rows.tolist()) == ([], [2])


def test_unknown_exclusions_exclude_nothing(validator):
    query = validator.recommend(request(U, exclude_item_ids=["x", "c", "c"]))
    assert query.exclude.tolist() == [2, 2]


def test_candidates(validator):
    asked = pb.RankRequest(viewers=[U, user("v")], item_ids=["d", "x", "a"], objective=pb.BLEND)
    query = validator.rank(asked)
    assert query.viewers == ("u", "v")
    assert query.rows.tolist() == [0, 3]
    assert query.unknown == ("x",)
    assert query.goal == Goal(pb.BLEND, pb.JOINT, 0.5)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"viewers": []}, "viewers: expected 1 to 3, got 0"),
        ({"viewers": [U, U]}, "viewers[1].user_id: expected another user than viewers[0], got 'u'"),
        ({"item_ids": []}, "item_ids: expected 1 to 4, got 0"),
        ({"item_ids": list("abcde")}, "item_ids: expected at most 4, got 5"),
        ({"item_ids": ["a", ""]}, "item_ids[1]: expected an item id, got ''"),
        (
            {"item_ids": ["x", "a", "x"]},
            "item_ids[2]: expected another item than item_ids[0], got 'x'",
        ),
        ({"objective": 9}, "objective: expected one of ["),
        ({"rating_weight": 0.5}, "rating_weight: expected none without BLEND, got 0.5"),
    ],
)
def test_invalid_candidates(validator, fields, message):
    with pytest.raises(RequestError) as caught:
        validator.rank(pb.RankRequest(**({"viewers": [U], "item_ids": ["a"]} | fields)))
    assert caught.value.code is grpc.StatusCode.INVALID_ARGUMENT
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("wrong", "code", "message"),
    [
        (pb.SimilarItemsRequest(item_id="a"), "INVALID_ARGUMENT", "k: expected 1 to 20, got 0"),
        (pb.SimilarItemsRequest(k=1), "INVALID_ARGUMENT", "item_id: expected an item id, got ''"),
        (
            pb.SimilarItemsRequest(item_id="x", k=1),
            "NOT_FOUND",
            "item_id: 'x' is not in the catalogue",
        ),
        (
            pb.SimilarItemsRequest(item_id="a", k=1, exclude_item_ids=[""]),
            "INVALID_ARGUMENT",
            "exclude_item_ids[0]: expected an item id, got ''",
        ),
    ],
)
def test_invalid_similar_items(validator, wrong, code, message):
    with pytest.raises(RequestError) as caught:
        validator.similar(wrong)
    assert (caught.value.code.name, str(caught.value)) == (code, message)
