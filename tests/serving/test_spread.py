"""Diversity and caps, against the plain loops of their definitions."""

from __future__ import annotations

from collections import Counter

import grpc
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import recommender_pb2 as pb
from serving.catalogue import Catalogue
from serving.errors import RequestError
from serving.spread import Room, Spread, choose, read_spread, room
from tests.serving.build import CARD, NAN, write_catalogue

ITEMS = [
    ("a", "Alien", ["Horror", "Sci-Fi"], 1979.0, 5),
    ("b", "", [], NAN, 9),
    ("c", "Ça", ["Drama"], 1979.0, 5),
    ("d", "Dune", None, 1984.5, 0),
    ("e", "Eden", ["Drama", "Horror", "Drama"], 0.0, 0),
]


@pytest.fixture
def catalogue(tmp_path):
    return Catalogue(write_catalogue(tmp_path, ITEMS), CARD)


def plain(vectors, values, most, k, diversity):
    """Carbonell and Goldstein's definition, item by item, with a count of each value."""

    def cosine(one, other):
        lengths = np.linalg.norm(one) * np.linalg.norm(other)
        return one @ other / lengths if lengths else 0.0

    chosen, used = [], Counter()
    while len(chosen) < k:
        best, best_worth = None, None
        for at in range(len(vectors)):
            if at in chosen or any(used[value] >= most for value in values[at]):
                continue
            nearest = max((cosine(vectors[at], vectors[c]) for c in chosen), default=-1.0)
            worth = (1 - diversity) * (1 - at / len(vectors)) - diversity * nearest
            if best is None or worth > best_worth + 1e-9:
                best, best_worth = at, worth
        if best is None:
            break
        chosen.append(best)
        used.update(values[best])
    return chosen


@given(st.data())
def test_as_the_definition(data):
    items = data.draw(st.integers(0, 12))
    rng = np.random.default_rng(data.draw(st.integers(0, 10_000)))
    vectors = rng.normal(size=(items, 3))
    vectors[rng.random(items) < 0.1] = 0
    has = rng.random((items, 4)) < 0.4
    most, k = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 15))
    diversity = data.draw(st.sampled_from([0.0, 0.25, 0.5, 0.9, 1.0]))
    found = choose(vectors, Room(has, np.full(4, most)), k, diversity)
    values = [np.flatnonzero(row).tolist() for row in has]
    assert found.tolist() == plain(vectors, values, most, k, diversity)


def test_without_either_the_order_stays():
    vectors = np.zeros((6, 0), np.float32)
    nothing = Room(np.zeros((6, 0), bool), np.zeros(0, np.int64))
    assert choose(vectors, nothing, 4, 0.0).tolist() == [0, 1, 2, 3]
    assert choose(vectors, nothing, 9, 0.0).tolist() == [0, 1, 2, 3, 4, 5]


def test_diversity_by_hand():
    # Two films alike and one at right angles. Relevance 1, 2/3, 1/3; with half of each the second
    # is worth 1/3 - 1/2, the third 1/6 - 0.
    vectors = np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0]])
    left = Room(np.zeros((3, 0), bool), np.zeros(0, np.int64))
    assert choose(vectors, left, 3, 0.5).tolist() == [0, 2, 1]
    # With a tenth 6/10 - 1/10 against 3/10.
    assert choose(vectors, left, 3, 0.1).tolist() == [0, 1, 2]


def test_whole_diversity_goes_as_far_as_it_can():
    # From the east to the west, and then to the north, which is as far from both as the south.
    vectors = np.array([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0], [0.0, -1.0], [-1.0, 0.0]])
    left = Room(np.zeros((5, 0), bool), np.zeros(0, np.int64))
    assert choose(vectors, left, 3, 1.0).tolist() == [0, 4, 2]


@pytest.mark.parametrize(
    ("caps", "fitting", "chosen"),
    [
        ((), 5, "abcde"),
        ((("genres", 1),), 4, "abcd"),  # e has Drama, as c, and Horror, as a; d has none
        ((("genres", 2),), 5, "abcde"),
        ((("year", 1),), 2, "abde"),  # c is of 1979, as a; b of no year
        ((("title", 1),), 5, "abcde"),
        ((("year", 1), ("genres", 1)), 2, "abd"),
    ],
)
def test_caps_by_hand(catalogue, caps, fitting, chosen):
    left = room(catalogue, np.arange(5), caps)
    assert left.fitting() == fitting
    places = choose(np.zeros((5, 0)), left, 5, 0.0)
    assert "".join(catalogue.item_ids[at] for at in places) == chosen


def test_room_for_nothing(catalogue):
    left = room(catalogue, np.zeros(0, np.int64), (("genres", 1), ("year", 2)))
    assert left.fitting() == 0
    assert choose(np.zeros((0, 3)), left, 5, 0.5).tolist() == []


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"diversity": -0.5}, "diversity: expected 0 to 1, got -0.5"),
        ({"diversity": 1.5}, "diversity: expected 0 to 1, got 1.5"),
        ({"diversity": NAN}, "diversity: expected 0 to 1, got nan"),
        (
            {"caps": [pb.Cap(feature="genre", at_most=1)]},
            r"caps\[0\]\.feature: expected one of \['genres', 'title', 'year'\], got 'genre'",
        ),
        (
            {"caps": [pb.Cap(feature="year", at_most=1), pb.Cap(feature="genres")]},
            r"caps\[1\]\.at_most: expected 1 or more, got 0",
        ),
        (
            {"caps": [pb.Cap(feature="year", at_most=1), pb.Cap(feature="year", at_most=2)]},
            r"caps\[1\]\.feature: expected each feature once, got 'year'",
        ),
    ],
)
def test_refused(catalogue, fields, message):
    with pytest.raises(RequestError, match=message) as caught:
        read_spread(pb.RecommendRequest(**fields), catalogue)
    assert caught.value.code is grpc.StatusCode.INVALID_ARGUMENT


def test_read(catalogue):
    assert not read_spread(pb.RecommendRequest(), catalogue)
    request = pb.RecommendRequest(diversity=0.25, caps=[pb.Cap(feature="genres", at_most=2)])
    assert read_spread(request, catalogue) == Spread(0.25, (("genres", 2),))
