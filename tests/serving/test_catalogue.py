import dataclasses

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from schemas.cards import Feature, FeatureKind
from serving.catalogue import Catalogue
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


def test_ids_and_rows(catalogue):
    assert len(catalogue) == 4
    assert catalogue.item_ids == ["a", "b", "c", "d"]
    assert catalogue.encoded_ids.tolist() == [b"a", b"b", b"c", b"d"]
    np.testing.assert_array_equal(catalogue.rows(["c", "x", "", "a"]), [2, -1, -1, 0])
    assert catalogue.rows([]).dtype == np.int64


def test_popular_first_and_ties_by_item_id(catalogue):
    # Counts: b 9, a 5, c 5, d 0.
    assert catalogue.popular.tolist() == [1, 0, 2, 3]


def test_many_items_of_one_count_keep_the_order_of_their_ids(tmp_path):
    items = [(f"i{n:03}", "", [], NAN, n % 2) for n in range(200)]
    popular = Catalogue(write_catalogue(tmp_path, items), CARD).popular
    assert popular.tolist() == [*range(1, 200, 2), *range(0, 200, 2)]


def test_features_as_text_without_missing_ones(catalogue):
    assert catalogue.features(np.array([2, 0, 1, 3])) == [
        {"title": ["Ça"], "genres": ["Drama"], "year": ["7.3"]},
        {"title": ["Alien"], "genres": ["Horror", "Sci-Fi"], "year": ["1979"]},
        {},
        {"title": ["Dune"], "year": ["1984.5"]},
    ]
    assert catalogue.features(np.zeros(0, np.int64)) == []


def test_times_as_text(tmp_path):
    path = write_catalogue(tmp_path, ITEMS)
    seconds = pa.array([10**9, 0, -1, 1], pa.int64())
    pq.write_table(pq.read_table(path).append_column("added", seconds), path)
    added = {"added": Feature(kind=FeatureKind.TIMESTAMP)}
    catalogue = Catalogue(path, dataclasses.replace(CARD, item_features=added))
    assert catalogue.features(np.arange(3)) == [
        {"added": ["2001-09-09T01:46:40Z"]},
        {},
        {"added": ["1969-12-31T23:59:59Z"]},
    ]


def test_a_missing_column(tmp_path):
    path = write_catalogue(tmp_path, ITEMS)
    pq.write_table(pq.read_table(path).drop_columns(["year"]), path)
    with pytest.raises(ValueError, match=r"\['year'\] missing"):
        Catalogue(path, CARD)


def test_an_item_twice(tmp_path):
    with pytest.raises(ValueError, match="expected each item_id once"):
        Catalogue(write_catalogue(tmp_path, [*ITEMS, ITEMS[0]]), CARD)


@pytest.mark.parametrize(
    ("feature", "rows", "expected"),
    [
        ("genres", [0, 2, 1, 3], [["Horror", "Sci-Fi"], ["Drama"], [], []]),
        ("title", [1, 0, 3], [[], ["Alien"], ["Dune"]]),
        ("year", [0, 1, 2], [[1979.0], [], [7.3]]),
        ("genres", [], []),
    ],
)
def test_which_items_have_which_values(catalogue, feature, rows, expected):
    has = catalogue.values(feature, np.array(rows, np.int64))
    assert has.dtype == bool
    # A column for each value, each with the items that have it.
    values = sorted({value for values in expected for value in values}, key=str)
    wanted = sorted(tuple(value in values for values in expected) for value in values)
    assert sorted(map(tuple, has.T.tolist())) == wanted


def test_a_year_that_two_items_share_is_one_value_and_zero_is_a_number(tmp_path):
    items = [("a", "", [], 0.0, 1), ("b", "", [], 1979.0, 1), ("c", "", [], 0.0, 1)]
    catalogue = Catalogue(write_catalogue(tmp_path, items), CARD)
    has = catalogue.values("year", np.arange(3))
    assert sorted(map(tuple, has.T.tolist())) == [(False, True, False), (True, False, True)]


def test_a_feature_that_there_is_not(catalogue):
    catalogue.check_feature("year")
    with pytest.raises(ValueError, match=r"feature: expected one of \['genres', .*, got 'runtime'"):
        catalogue.check_feature("runtime")
