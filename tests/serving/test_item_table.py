import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.cards import FeatureKind
from serving.attributes import Between, OneOf
from serving.item_table import as_built, is_missing

KINDS = {
    "title": FeatureKind.DISPLAY,
    "genres": FeatureKind.MULTI_CATEGORICAL,
    "year": FeatureKind.NUMERIC,
    "shot": FeatureKind.TIMESTAMP,
}
FEATURES = pa.table(
    {
        "title": ["Alien", "", "Ça"],
        "genres": pa.array([["Horror"], [], ["Drama", "War"]], pa.list_(pa.string())),
        "year": pa.array([1979.5, float("nan"), 7.0], pa.float32()),
        "shot": pa.array([12, 0, -3], pa.int64()),
    }
)
BUILT = [
    {"title": "Alien", "genres": ["Horror"], "year": 1979.5, "shot": 12},
    {},
    {"title": "Ça", "genres": ["Drama", "War"], "year": 7.0, "shot": -3},
]
ITEMS = st.fixed_dictionaries(
    {},
    optional={
        "title": st.text(min_size=1, max_size=3),
        "genres": st.lists(st.sampled_from("abc"), min_size=1, max_size=3, unique=True),
        "year": st.floats(width=32, allow_nan=False, allow_infinity=False),
        "shot": st.integers(-9, 9).filter(bool),
    },
)


@pytest.fixture
def table():
    return as_built(FEATURES, KINDS)


def test_as_it_was_built(table):
    assert table.known(np.array([2, 0, 1, 0])) == [BUILT[2], BUILT[0], BUILT[1], BUILT[0]]
    assert table.take(np.array([], np.int64)).num_rows == 0


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(st.tuples(st.integers(0, 5), ITEMS), max_size=4), max_size=4))
def test_replaced_and_added_rows_are_those_of_a_plain_list(edits):
    table, plain = as_built(FEATURES, KINDS), list(BUILT)
    for edit in edits:
        # A new row takes the next place, whatever number was drawn.
        said = {}
        for row, item in edit:
            rows = len(plain) + sum(1 for each in said if each >= len(plain))
            said[min(row, rows)] = item
        for row, item in sorted(said.items()):
            plain[row : row + 1] = [item]
        table = table.with_items(np.array(list(said), np.int64), list(said.values()))
    order = np.random.default_rng(0).permutation(len(plain))
    assert table.known(order) == [plain[row] for row in order]
    met = table.meeting(Between("shot", least=1))
    assert met.tolist() == [item.get("shot", 0) > 0 for item in plain]
    met = table.meeting(OneOf("genres", ("a", "War")))
    assert met.tolist() == [bool({"a", "War"} & {*item.get("genres", [])}) for item in plain]
    assert table.take(order).schema == FEATURES.schema


def test_a_table_stays_as_it_is_when_another_is_made_of_it(table):
    table.with_items(np.array([0, 3]), [{"title": "new"}, {}])
    assert table.known(np.arange(3)) == BUILT


def test_a_catalogue_without_features():
    table = as_built(FEATURES.select([]), {})
    assert table.with_items(np.array([3]), [{}]).known(np.array([0, 3])) == [{}, {}]


@pytest.mark.parametrize("value", [None, "", [], 0, float("nan")])
def test_missing(value):
    assert is_missing(value)


@pytest.mark.parametrize("value", ["0", [""], -1, 0.0])
def test_not_missing(value):
    # A number of 0.0 is a number; missing ones are NaN.
    assert not is_missing(value)
