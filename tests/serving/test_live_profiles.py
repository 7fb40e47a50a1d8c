import dataclasses

import numpy as np
import pytest

from serving.catalogue import Catalogue
from serving.event_store.sqlite import SqliteEvents
from serving.live_profiles import LiveProfiles
from serving.profiles import Profiles
from tests.serving.build import CARD, NAN, write_catalogue, write_profiles
from tests.serving.event_store.build import events

TIMED = dataclasses.replace(CARD, events=dataclasses.replace(CARD.events, timestamp="when"))
ITEMS = [(item_id, "", [], NAN, 0) for item_id in "abcd"]
USERS = [
    ("u1", "F", 35.0, ["c", "a"], [4.0, NAN], [10, 20]),
    ("u2", "", NAN, [], [], []),
]


@pytest.fixture
def store(tmp_path):
    opened = SqliteEvents(tmp_path / "events.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def live(tmp_path, store):
    """Function: profiles over the store, of a dataset with times unless told otherwise."""
    catalogue = Catalogue(write_catalogue(tmp_path, ITEMS), TIMED)
    path = write_profiles(tmp_path, USERS)

    def profiles(card=TIMED, max_recorded=100):
        return LiveProfiles(Profiles(path, card, catalogue), store, card, catalogue, max_recorded)

    return profiles


def shown(profile):
    ratings = [None if np.isnan(rating) else rating for rating in profile.ratings.tolist()]
    return list(zip(profile.rows.tolist(), ratings, profile.timestamps.tolist(), strict=True))


def test_without_recorded_events_the_prepared_profile(live):
    known, empty, unknown = live().get(["u1", "u2", "nobody"])
    assert shown(known) == [(2, 4.0, 10), (0, None, 20)]
    assert shown(empty) == []
    assert unknown is None
    assert live().get([]) == []


def test_recorded_events_follow(live, store):
    profiles = live()
    profiles.get(["u1"])
    store.append(events(("e1", "u1", "d", 2.0, 30), ("e2", "u2", "b", NAN, 5)))
    first, second = profiles.get(["u1", "u2"])
    assert shown(first) == [(2, 4.0, 10), (0, None, 20), (3, 2.0, 30)]
    assert shown(second) == [(1, None, 5)]
    assert first.features == {"gender": "F", "age": 35.0}
    assert (first.rows.dtype, first.ratings.dtype) == (np.int64, np.float32)


def test_a_user_first_heard_of_since(live, store):
    store.append(events(("e1", "new", "d", 2.0, 30)))
    (profile,) = live().get(["new"])
    assert shown(profile) == [(3, 2.0, 30)]
    assert profile.features["gender"] == ""
    assert np.isnan(profile.features["age"])


def test_the_newest_event_of_an_item_counts(live, store):
    # c again at 40 without a rating; a earlier than it was prepared, which changes nothing.
    store.append(events(("e1", "u1", "c", NAN, 40), ("e2", "u1", "a", 5.0, 3)))
    (profile,) = live().get(["u1"])
    assert shown(profile) == [(0, None, 20), (2, None, 40)]


def test_events_of_one_second_are_in_the_order_of_their_arrival(live, store):
    store.append(events(("e1", "u1", "d", 1.0, 20), ("e2", "u1", "b", 1.0, 20)))
    store.append(events(("e3", "u1", "d", 3.0, 20)))
    (profile,) = live().get(["u1"])
    assert shown(profile) == [(2, 4.0, 10), (0, None, 20), (1, 1.0, 20), (3, 3.0, 20)]


def test_an_event_that_comes_late_has_its_place(live, store):
    store.append(events(("e1", "u1", "d", NAN, 15)))
    (profile,) = live().get(["u1"])
    assert [row for row, _, _ in shown(profile)] == [2, 3, 0]


def test_an_item_that_left_the_catalogue(live, store):
    store.append(events(("e1", "u1", "gone", NAN, 30), ("e2", "only", "gone", NAN, 30)))
    first, only = live().get(["u1", "only"])
    assert [row for row, _, _ in shown(first)] == [2, 0]
    assert shown(only) == []


def test_no_more_than_the_limit_is_read(live, store):
    store.append(events(*((f"e{n}", "u2", "abcd"[n], NAN, 1 + n) for n in range(4))))
    (profile,) = live(max_recorded=2).get(["u2"])
    assert [row for row, _, _ in shown(profile)] == [2, 3]


def test_models_that_know_no_times_get_none(live, store):
    store.append(events(("e1", "u2", "b", NAN, 9), ("e2", "u2", "a", NAN, 8)))
    (profile,) = live(card=CARD).get(["u2"])
    assert shown(profile) == [(0, None, 0), (1, None, 0)]
