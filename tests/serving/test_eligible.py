"""What is left of a catalogue, against sets."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from serving.catalogue import Catalogue
from serving.eligible import eligible_items, only
from serving.page_token import Page

ITEMS = 12
ROWS = st.sets(st.integers(0, ITEMS - 1))


class Shelf(SimpleNamespace):
    """What is asked of a catalogue: its rows, what is deleted, its order of popularity."""

    def __len__(self):
        return len(self.popular)


def rows(chosen):
    return np.array(sorted(chosen), dtype=np.int64)


@given(
    order=st.permutations(range(ITEMS)),
    taken=ROWS,
    passing=st.none() | ROWS,
    shown=ROWS,
    cursor=st.none() | st.integers(0, ITEMS),
    deleted=st.none() | ROWS,
)
def test_as_sets(order, taken, passing, shown, cursor, deleted):
    there = set(range(ITEMS)) - (deleted or set())
    live = None if deleted is None else np.isin(np.arange(ITEMS), rows(there))
    shelf = Shelf(popular=np.array(order), live=live, count=len(there))
    catalogue = cast(Catalogue, shelf)
    through = there if passing is None else passing & there
    mask = None if passing is None else np.isin(np.arange(ITEMS), rows(passing))
    found = eligible_items(catalogue, rows(taken), mask, Page(rows(shown), cursor))
    earlier = shown | set(order[: cursor or 0])
    assert found.filtered == len(there) - len(through)
    assert found.taken == len(through & taken)
    assert found.shown == len((through - taken) & earlier)
    left = through - taken - earlier
    assert len(found) == len(left)
    assert found.of(np.array(order)).tolist() == [row for row in order if row in left]
    # What a search is told leaves the same.
    allowed = np.ones(ITEMS, bool) if found.allowed is None else found.allowed.copy()
    allowed[found.barred] = False
    assert set(np.flatnonzero(allowed)) == left
    assert (np.diff(found.barred) > 0).all()


def test_only_some():
    found = only(cast(Catalogue, Shelf(popular=np.arange(5)[::-1])), np.array([1, 3]))
    assert len(found) == 2
    assert found.of(np.arange(5)[::-1]).tolist() == [3, 1]
