import dataclasses
import math

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.cards import Feature, FeatureKind
from schemas.config import IndexConfig
from serving.attributes import Between, NoneOf, OneOf, mask
from serving.catalogue import Catalogue
from serving.retriever import open_retriever
from tests.serving.build import CARD, NAN, make_index, write_catalogue

ITEMS = [
    ("a", "Alien", ["Horror", "Sci-Fi"], 1979.0, 5),
    ("b", "", [], NAN, 9),
    ("c", "Ça", ["Drama"], 0.0, 5),
    ("d", "Dune", None, 1984.5, 0),
    ("e", "Eden", ["Drama", "Horror"], 1984.5, 0),
]


@pytest.fixture
def catalogue(tmp_path):
    return Catalogue(write_catalogue(tmp_path, ITEMS), CARD)


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ([], "abcde"),
        ([OneOf("genres", ("Drama",))], "ce"),
        ([OneOf("genres", ("Drama", "Sci-Fi"))], "ace"),
        ([OneOf("genres", ("drama",))], ""),
        ([OneOf("title", ("Dune", "Ça"))], "cd"),
        ([NoneOf("genres", ("Drama",))], "abd"),
        ([NoneOf("genres", ("Drama", "Horror"))], "bd"),
        ([NoneOf("title", ("Dune",))], "abce"),
        ([NoneOf("genres", ("Drama",)), OneOf("genres", ("Horror",))], "a"),
        ([Between("year", 1979, 1980)], "a"),
        ([Between("year", most=1979)], "ac"),
        ([Between("year", least=1979)], "ade"),
        ([Between("year")], "acde"),  # a missing year lies in no range
        ([Between("year", 1984.5, 1984.5), OneOf("genres", ("Horror",))], "e"),
    ],
)
def test_by_hand(catalogue, conditions, expected):
    met = catalogue.meeting(conditions)
    assert met.dtype == bool
    assert "".join(np.array(catalogue.item_ids)[met]) == expected


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        (OneOf("genre", ("Drama",)), r"expected one of \['genres', 'title', 'year'\], got 'genre'"),
        (OneOf("genres", ()), r"genres: expected values, none of them empty, got \(\)"),
        (OneOf("genres", ("",)), "genres: expected values"),
        (OneOf("year", ("1979",)), "year: expected a range, for it is numeric, got values"),
        (NoneOf("year", ("1979",)), "year: expected a range, for it is numeric, got values"),
        (NoneOf("genres", ()), "genres: expected values"),
        (Between("genres", 1, 2), "genres: expected a numeric feature, got multi_categorical"),
        (Between("year", 2, 1), "year: expected least <= most, got 2 and 1"),
        (Between("year", math.nan), "year: expected least <= most, got nan"),
    ],
)
def test_refused(catalogue, condition, message):
    with pytest.raises(ValueError, match=message):
        catalogue.meeting([condition])


def test_a_time_that_is_not_known_lies_in_no_range(tmp_path):
    path = write_catalogue(tmp_path, ITEMS[:3])
    table = pq.read_table(path)
    pq.write_table(table.append_column("added", pa.array([-5, 0, 7], pa.int64())), path)
    feature = Feature(kind=FeatureKind.TIMESTAMP)
    features = {**CARD.item_features, "added": feature}
    catalogue = Catalogue(path, dataclasses.replace(CARD, item_features=features))
    assert catalogue.meeting([Between("added", -10, 10)]).tolist() == [True, False, True]


@given(
    genres=st.lists(st.none() | st.lists(st.sampled_from("abc"), max_size=3), min_size=1),
    values=st.sets(st.sampled_from("abcd"), min_size=1),
    chunks=st.booleans(),
)
def test_lists_of_values(genres, values, chunks):
    column = pa.chunked_array([pa.array(genres, pa.list_(pa.string()))])
    if chunks:  # lists that begin in the middle of a longer array
        column = pa.chunked_array([*column.slice(0, 1).chunks, *column.slice(1).chunks])
    met = mask(column, FeatureKind.MULTI_CATEGORICAL, OneOf("genres", tuple(values)))
    assert met.tolist() == [bool(values & set(each or [])) for each in genres]


def test_a_search_for_an_attribute(tmp_path, catalogue):
    vectors = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    retriever = open_retriever(make_index(tmp_path, vectors, vectors, IndexConfig()))
    allowed = catalogue.meeting([OneOf("genres", ("Horror",))])
    hits = retriever.search(vectors[:1], 4, [np.array([4])], allowed)
    assert hits.rows.tolist() == [[0, -1, -1, -1]]
