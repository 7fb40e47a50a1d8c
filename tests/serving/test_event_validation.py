import time

import grpc
import numpy as np
import pytest

from schemas import recommender_pb2 as pb
from serving.catalogue import Catalogue
from serving.event_store.absent import NOTHING_RECORDED
from serving.event_validation import AHEAD_SECONDS, EventValidator
from tests.serving.build import CARD, NAN, write_catalogue
from tests.serving.test_validation import UNRATED

ITEMS = [(item_id, "", [], NAN, 0) for item_id in "abcd"]


@pytest.fixture
def catalogue(tmp_path):
    return Catalogue(write_catalogue(tmp_path, ITEMS), CARD)


@pytest.fixture
def validator(catalogue):
    return EventValidator(CARD, catalogue, NOTHING_RECORDED.holds)


def event(**fields):
    return pb.RecordEventsRequest(
        **{"event_id": "e", "user_id": "u", "item_id": "a", "timestamp": 5} | fields
    )


def test_valid_events(validator):
    checked = validator.check([event(rating=1.0), event(event_id="f", item_id="d")], 0)
    assert checked.fault is None
    assert checked.valid.event_ids == ["e", "f"]
    assert checked.valid.user_ids == ["u", "u"]
    assert checked.valid.item_ids == ["a", "d"]
    np.testing.assert_array_equal(checked.valid.ratings, np.array([1, np.nan], np.float32))
    assert checked.valid.timestamps.tolist() == [5, 5]


ID = "expected an id of 1 to 256 characters, without line ends or blanks around it, got "
TIME = "expected unix seconds, no more than a day ahead, got "

INVALID = {
    "no event id": (event(event_id=""), f"event_id: {ID}''"),
    "a long event id": (event(event_id="x" * 257), f"event_id: {ID}'xxx"),
    "an event id of two lines": (event(event_id="a\nb"), f"event_id: {ID}'a\\nb'"),
    "no user id": (event(user_id=""), f"user_id: {ID}''"),
    "a user id of blanks": (event(user_id="  "), f"user_id: {ID}'  '"),
    "a user id with a blank": (event(user_id="u "), f"user_id: {ID}'u '"),
    "no item": (event(item_id=""), "item_id: expected an item of the catalogue, got ''"),
    "unknown item": (event(item_id="z"), "item_id: expected an item of the catalogue, got 'z'"),
    "rating below the scale": (event(rating=0.5), "rating: expected 1.0 to 5.0, got 0.5"),
    "rating above the scale": (event(rating=5.1), "rating: expected 1.0 to 5.0, got 5.1"),
    "no number": (event(rating=float("nan")), "rating: expected 1.0 to 5.0, got nan"),
    "before 1970": (event(timestamp=-1), f"timestamp: {TIME}-1"),
    "milliseconds": (event(timestamp=1_700_000_000_000), f"timestamp: {TIME}1700000000000"),
    "two faults": (event(user_id="", timestamp=-1), f"user_id: {ID}''"),
}


@pytest.mark.parametrize(("wrong", "message"), INVALID.values(), ids=INVALID)
def test_a_fault_is_named_and_what_precedes_it_is_valid(validator, wrong, message):
    later = event(event_id="later", item_id="zz")
    checked = validator.check([event(event_id="x"), event(event_id="y"), wrong, later], 40)
    assert checked.fault.code is grpc.StatusCode.INVALID_ARGUMENT
    assert str(checked.fault).startswith(f"events[42].{message}")
    assert checked.valid.event_ids == ["x", "y"]
    assert len(checked.valid.ratings) == len(checked.valid.timestamps) == 2


def test_the_ends_of_what_is_allowed(validator):
    now = int(time.time())
    fields = [{"rating": 1}, {"rating": 5}, {"event_id": "x" * 256}, {"user_id": "a b"}]
    fields += [{"timestamp": now + AHEAD_SECONDS}, {"timestamp": 1}]
    assert validator.check([event(**some) for some in fields], 0).fault is None


def test_an_event_without_a_time_has_that_of_now(validator):
    before = int(time.time())
    (at,) = validator.check([event(timestamp=0)], 0).valid.timestamps.tolist()
    assert before <= at <= int(time.time())


def test_data_without_ratings(catalogue):
    checked = EventValidator(UNRATED, catalogue, NOTHING_RECORDED.holds).check(
        [event(), event(event_id="f", rating=3)], 0
    )
    assert str(checked.fault) == "events[1].rating: expected none, for the data has none, got 3"


def test_an_id_that_came_before_in_the_batch_is_not_checked_again(validator):
    batch = [event(), event(rating=9), event(event_id="f"), event(event_id="g", rating=9)]
    checked = validator.check(batch, 0)
    assert str(checked.fault).startswith("events[3].rating: ")
    assert len(checked.valid) == 3
