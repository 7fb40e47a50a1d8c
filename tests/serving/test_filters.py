"""Filters of a request: what is refused, and what the others let through."""

from __future__ import annotations

import dataclasses

import grpc
import numpy as np
import pytest

from schemas import recommender_pb2 as pb
from serving.attributes import Between, NoneOf, OneOf
from serving.catalogue import Catalogue
from serving.errors import RequestError
from serving.filters import Filters, check_item_ids, read_filters
from tests.serving.build import CARD, NAN, write_catalogue

ITEMS = [
    ("a", "Alien", ["Horror", "Sci-Fi"], 1979.0, 5),
    ("b", "", [], NAN, 9),
    ("c", "Ça", ["Drama"], 7.3, 5),
    ("d", "Dune", None, 1984.5, 0),
]


@pytest.fixture
def catalogue(tmp_path):
    return Catalogue(write_catalogue(tmp_path, ITEMS), CARD)


def any_of(feature, *values):
    return pb.Condition(feature=feature, any_of=pb.FeatureValues(values=values))


def none_of(feature, *values):
    return pb.Condition(feature=feature, none_of=pb.FeatureValues(values=values))


def between(feature, **ends):
    return pb.Condition(feature=feature, range=pb.Range(**ends))


def read(catalogue, *conditions, allow=()):
    request = pb.RecommendRequest(conditions=conditions, allow_item_ids=allow)
    return read_filters(request, catalogue, most=3)


def ids(catalogue, filters):
    return "".join(np.array(catalogue.item_ids)[filters.passing(catalogue)])


@pytest.mark.parametrize(
    ("conditions", "read_as", "passing"),
    [
        ([any_of("genres", "Drama", "Horror")], OneOf("genres", ("Drama", "Horror")), "ac"),
        ([none_of("genres", "Drama")], NoneOf("genres", ("Drama",)), "abd"),
        ([none_of("title", "Dune")], NoneOf("title", ("Dune",)), "abc"),
        ([between("year", least=1979, most=1980)], Between("year", 1979, 1980), "a"),
        ([between("year", least=0)], Between("year", least=0), "acd"),
        ([between("year", most=7.3)], Between("year", most=7.3), "c"),
        ([between("year", least=1e300)], Between("year", least=1e300), ""),
        ([none_of("genres", "no such genre")], NoneOf("genres", ("no such genre",)), "abcd"),
    ],
)
def test_conditions(catalogue, conditions, read_as, passing):
    filters = read(catalogue, *conditions)
    assert filters == Filters((read_as,))
    assert ids(catalogue, filters) == passing


def test_all_conditions_and_the_list_must_hold(catalogue):
    filters = read(
        catalogue, none_of("genres", "Drama"), between("year", least=0), allow=["d", "c", "x", "d"]
    )
    assert ids(catalogue, filters) == "d"
    assert filters.unknown == 1


def test_a_list_of_unknown_items_lets_nothing_through(catalogue):
    filters = read(catalogue, allow=["x", "y"])
    assert ids(catalogue, filters) == ""
    assert filters.unknown == 2


def test_no_filter_is_no_mask(catalogue):
    assert read(catalogue).passing(catalogue) is None


INVALID = {
    "unknown feature": (
        [between("year", least=1), any_of("genre", "Drama")],
        "conditions[1].feature: expected one of ['genres', 'title', 'year'], got 'genre'",
    ),
    "no feature": ([any_of("", "Drama")], "conditions[0].feature: expected one of ["),
    "no condition": (
        [pb.Condition(feature="year")],
        "conditions[0]: expected any_of, none_of or a range, got None",
    ),
    "no values": (
        [any_of("genres")],
        "conditions[0].genres: expected values, none of them empty, got ()",
    ),
    "an empty value": (
        [none_of("genres", "Drama", "")],
        "conditions[0].genres: expected values, none of them empty, got ('Drama', '')",
    ),
    "values of a number": (
        [any_of("year", "1979")],
        "conditions[0].year: expected a range, for it is numeric, got values",
    ),
    "a range of texts": (
        [between("genres", least=1)],
        "conditions[0].genres: expected a numeric feature, got multi_categorical",
    ),
    "a range without ends": (
        [between("year")],
        "conditions[0].range: expected least or most, got None",
    ),
    "an empty range": (
        [between("year", least=2, most=1)],
        "conditions[0].year: expected least <= most, got 2.0 and 1.0",
    ),
    "a range from no number": (
        [between("year", least=NAN)],
        "conditions[0].year: expected least <= most, got nan and inf",
    ),
    "too many": ([between("year", least=1)] * 4, "conditions: expected at most 3, got 4"),
}


@pytest.mark.parametrize("name", INVALID)
def test_refused(catalogue, name):
    conditions, message = INVALID[name]
    with pytest.raises(RequestError) as caught:
        read(catalogue, *conditions)
    assert caught.value.code is grpc.StatusCode.INVALID_ARGUMENT
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("wrong", [any_of("x" * 100_000, "y"), any_of("genres", "x" * 100_000, "")])
def test_a_long_value_is_cut_in_the_message(catalogue, wrong):
    with pytest.raises(RequestError) as caught:
        read(catalogue, wrong)
    assert len(str(caught.value)) < 300


def test_item_ids():
    check_item_ids("ids", ["a", "a"], 2)
    with pytest.raises(RequestError, match="ids: expected at most 2, got 3"):
        check_item_ids("ids", ["a"] * 3, 2)
    with pytest.raises(RequestError, match=r"ids\[1\]: expected an item id, got ''"):
        check_item_ids("ids", ["a", ""], 2)


def test_filters_are_a_value(catalogue):
    with pytest.raises(dataclasses.FrozenInstanceError):
        read(catalogue).conditions = ()
