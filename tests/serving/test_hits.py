import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.hits import no_hits


def hits_of(lists, k):
    hits = no_hits(len(lists), k)
    for query, rows in enumerate(lists):
        hits.put(query, np.array(rows, np.int64), -np.arange(len(rows), dtype=np.float32))
    return hits


@pytest.mark.parametrize(
    ("most", "kept"), [(1, [2]), (2, [2, 9]), (3, [2, 7, 9]), (4, [2, 4, 7, 9]), (9, [2, 4, 7, 9])]
)
def test_the_first_of_any_query_are_kept(most, kept):
    # 9 and 2 are a query's first, 7 is the second of both, 4 comes last of a query.
    assert hits_of([[9, 7, 4], [2, 7]], 3).united(most).tolist() == kept


def test_nothing_found():
    assert no_hits(2, 3).united(5).tolist() == []


LISTS = st.lists(st.lists(st.integers(0, 30), unique=True, max_size=8), min_size=1, max_size=4)


@given(LISTS, st.integers(1, 20), st.randoms(use_true_random=False))
def test_none_that_is_left_out_comes_before_one_that_is_kept(lists, most, random):
    place = {row: min(x.index(row) for x in lists if row in x) for x in lists for row in x}
    expected = sorted(sorted(place, key=lambda row: (place[row], row))[:most])
    assert hits_of(lists, 8).united(most).tolist() == expected
    random.shuffle(lists)
    assert hits_of(lists, 8).united(most).tolist() == expected
