import dataclasses

import grpc
import numpy as np
import pytest

from schemas import recommender_pb2 as pb
from schemas.cards import Feature, FeatureKind
from schemas.config import ServeConfig
from serving.catalogue import Catalogue
from serving.errors import RequestError
from serving.profiles import Profile
from serving.viewer_validation import ViewerValidator
from tests.serving.build import CARD, NAN, write_catalogue

LIMITS = ServeConfig(max_viewers=3, max_history=4)
UNRATED = dataclasses.replace(
    CARD,
    events=dataclasses.replace(CARD.events, rating=""),
    rating=None,
    user_features=CARD.user_features | {"joined": Feature(kind=FeatureKind.TIMESTAMP)},
)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    items = [(item_id, "", [], NAN, 0) for item_id in "abcd"]
    return write_catalogue(tmp_path_factory.mktemp("viewers"), items)


@pytest.fixture
def validator(path):
    return ViewerValidator(CARD, Catalogue(path, CARD), LIMITS)


@pytest.fixture
def unrated(path):
    """Over data without ratings, where people have joined at some time."""
    return ViewerValidator(UNRATED, Catalogue(path, UNRATED), LIMITS)


def user(user_id):
    return pb.Viewer(user_id=user_id)


def anonymous(*events, **features):
    return pb.Viewer(anonymous=pb.AnonymousViewer(events=events, features=features))


def event(item_id="a", **fields):
    return pb.Event(item_id=item_id, **fields)


U = user("u")

INVALID = {
    "no viewer": ([], "viewers: expected 1 to 3, got 0"),
    "too many viewers": ([*map(user, "abcd")], "viewers: expected 1 to 3, got 4"),
    "neither id nor history": (
        [U, pb.Viewer()],
        "viewers[1]: expected a user_id or an anonymous viewer, got None",
    ),
    "empty user id": ([user("")], "viewers[0].user_id: expected a user id, got ''"),
    "the same user twice": (
        [U, user("v"), U],
        "viewers[2].user_id: expected another user than viewers[0], got 'u'",
    ),
    "too many recent events": (
        [U, pb.Viewer(user_id="v", recent=[event()] * 5)],
        "viewers[1].recent: expected at most 4, got 5",
    ),
    "unknown recent item": (
        [pb.Viewer(user_id="v", recent=[event(), event("x")])],
        "viewers[0].recent[1].item_id: expected an item of the catalogue, got 'x'",
    ),
    "recent rating above the scale": (
        [pb.Viewer(user_id="v", recent=[event(rating=6)])],
        "viewers[0].recent[0].rating: expected 1.0 to 5.0, got 6",
    ),
    "recent events not oldest first": (
        [pb.Viewer(user_id="v", recent=[event(timestamp=7), event(timestamp=6)])],
        "viewers[0].recent[1].timestamp: expected events oldest first, so 7 or later, got 6",
    ),
    "recent events of nobody": (
        [pb.Viewer(recent=[event()])],
        "viewers[0]: expected a user_id or an anonymous viewer, got None",
    ),
    "oversize history": (
        [anonymous(*[event()] * 5)],
        "viewers[0].anonymous.events: expected at most 4, got 5",
    ),
    "unknown item": (
        [U, anonymous(event(), event("x"))],
        "viewers[1].anonymous.events[1].item_id: expected an item of the catalogue, got 'x'",
    ),
    "empty item": (
        [anonymous(event(""))],
        "viewers[0].anonymous.events[0].item_id: expected an item of the catalogue, got ''",
    ),
    "NaN rating": (
        [U, anonymous(*[event()] * 3, event(rating=NAN))],
        "viewers[1].anonymous.events[3].rating: expected 1.0 to 5.0, got nan",
    ),
    "infinite rating": (
        [anonymous(event(rating=float("inf")))],
        "viewers[0].anonymous.events[0].rating: expected 1.0 to 5.0, got inf",
    ),
    "rating below the scale": (
        [anonymous(event(rating=0.5))],
        "viewers[0].anonymous.events[0].rating: expected 1.0 to 5.0, got 0.5",
    ),
    "rating of 0 is given, not absent": (
        [anonymous(event(rating=0.0))],
        "viewers[0].anonymous.events[0].rating: expected 1.0 to 5.0, got 0",
    ),
    "rating above the scale": (
        [anonymous(event(), event(rating=5.5))],
        "viewers[0].anonymous.events[1].rating: expected 1.0 to 5.0, got 5.5",
    ),
    "negative timestamp": (
        [anonymous(event(timestamp=5), event(timestamp=-5))],
        "viewers[0].anonymous.events[1].timestamp: expected 0 or later, got -5",
    ),
    "some timestamps": (
        [anonymous(event(timestamp=5), event())],
        "viewers[0].anonymous.events[1].timestamp: expected one, as other events have one, got 0",
    ),
    "not oldest first": (
        [anonymous(event(timestamp=5), event(timestamp=7), event(timestamp=6))],
        "viewers[0].anonymous.events[2].timestamp: expected events oldest first, so 7 or later, "
        "got 6",
    ),
    "unknown feature": (
        [anonymous(height="180")],
        "viewers[0].anonymous.features: expected the names ['age', 'gender', 'nickname'], "
        "got 'height'",
    ),
    "no number": (
        [anonymous(age="old")],
        "viewers[0].anonymous.features['age']: expected a finite number, got 'old'",
    ),
    "NaN as a number": (
        [anonymous(age="nan")],
        "viewers[0].anonymous.features['age']: expected a finite number, got 'nan'",
    ),
    "a number beyond float32": (
        [anonymous(age="1e39")],
        "viewers[0].anonymous.features['age']: expected a finite number, got '1e39'",
    ),
}


@pytest.mark.parametrize("name", INVALID)
def test_invalid_viewers_name_the_field(validator, name):
    wrong, message = INVALID[name]
    with pytest.raises(RequestError) as caught:
        validator.viewers(wrong)
        validator.recent(wrong)
    assert caught.value.code is grpc.StatusCode.INVALID_ARGUMENT
    assert str(caught.value).startswith(message)


def test_a_long_value_is_cut_in_the_message(validator):
    with pytest.raises(RequestError) as caught:
        validator.viewers([anonymous(event("x" * 100_000))])
    assert len(str(caught.value)) < 200


def test_limits_are_inclusive(validator):
    viewers = validator.viewers([anonymous(*[event()] * 4)] * 3)
    assert [len(viewer.rows) for viewer in viewers] == [4, 4, 4]


def test_a_time_of_a_viewer(unrated):
    assert unrated.viewers([anonymous()])[0].features["joined"] == 0
    assert unrated.viewers([anonymous(joined="-5")])[0].features["joined"] == -5
    for wrong in ("soon", "1.5", "", str(2**63)):
        with pytest.raises(
            RequestError, match=r"features\['joined'\]: expected whole unix seconds"
        ):
            unrated.viewers([anonymous(joined=wrong)])


def test_without_ratings_none_is_taken(unrated):
    with pytest.raises(RequestError, match="rating: expected none, for the data has none, got 1"):
        unrated.viewers([anonymous(event(), event("b", rating=1))])
    assert np.isnan(unrated.viewers([anonymous(event())])[0].ratings).all()


def test_an_anonymous_viewer(validator):
    events = [event("b", rating=5, timestamp=3), event("d", timestamp=3)]
    (profile,) = validator.viewers([anonymous(*events, gender="F", nickname="x")])
    assert isinstance(profile, Profile)
    assert profile.rows.tolist() == [1, 3]
    np.testing.assert_array_equal(profile.ratings, np.array([5, np.nan], np.float32))
    assert profile.timestamps.tolist() == [3, 3]
    assert set(profile.features) == {"gender", "age"}
    assert profile.features["gender"] == "F"
    assert np.isnan(profile.features["age"])
    (profile,) = validator.viewers([anonymous(age="35")])
    assert profile.features["age"] == 35.0
    assert len(profile.rows) == 0


def test_recent_events(validator):
    viewers = [U, pb.Viewer(user_id="v", recent=[event("c", rating=2, timestamp=9)])]
    assert validator.viewers(viewers) == ("u", "v")
    nothing, recent = validator.recent(viewers)
    assert len(nothing.rows) == 0
    assert (recent.rows.tolist(), recent.ratings.tolist()) == ([2], [2.0])
    assert recent.timestamps.tolist() == [9]


def test_two_anonymous_viewers_may_be_alike(validator):
    assert len(validator.viewers([anonymous(event()), anonymous(event())])) == 2
