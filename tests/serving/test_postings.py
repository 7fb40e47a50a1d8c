import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.postings import Postings

TEXTS = st.sampled_from(["", "a", "b", "c"])


@given(
    lists=st.lists(st.none() | st.lists(st.none() | TEXTS, max_size=3)),
    wanted=st.sets(st.sampled_from("abcd"), min_size=1),
)
def test_lists_of_texts(lists, wanted):
    postings = Postings.of(pa.array(lists, pa.list_(pa.string())))
    expected = [bool(wanted & set(each or [])) for each in lists]
    assert postings.having(sorted(wanted)).tolist() == expected


@given(texts=st.lists(st.none() | TEXTS), wanted=st.sets(st.sampled_from("abcd"), min_size=1))
def test_texts(texts, wanted):
    postings = Postings.of(pa.array(texts, pa.string()))
    assert postings.having(sorted(wanted)).tolist() == [each in wanted for each in texts]


@pytest.mark.parametrize("kind", [pa.string(), pa.list_(pa.string())])
def test_no_items(kind):
    assert Postings.of(pa.array([], kind)).having(["a"]).tolist() == []


def test_rows_of_a_value_lie_together():
    postings = Postings.of(pa.array([["b"], [], ["a", "b"]]))
    assert postings.values.to_pylist() == ["b", "a"]
    assert postings.starts.tolist() == [0, 2, 3]
    assert postings.rows.tolist() == [0, 2, 2]
