"""Leave-one-out against a plain Python version."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.splits.cut import split
from pipeline.splits.leave_one_out import LeaveOneOut
from schemas.columns import FITS, SPLITS
from tests.pipeline.profiles import People, comparable, people, profiles, rows_of


def plain(events_of: People, name: str, min_events: int) -> list[object]:
    rows: list[object] = []
    for user, events in events_of.items():
        events = [comparable(event) for event in events]
        if len(events) < min_events:
            rows += [(user, events, None)] if name in FITS else []
            continue
        history = events[: -{"train": 2, "fit": 1, "validation": 2, "test": 1}[name]]
        rows.append((user, history, None if name in FITS else events[len(history)]))
    return rows


@given(people(), st.integers(3, 6), st.sampled_from(SPLITS))
def test_same_as_plain(events_of: People, min_events: int, name: str) -> None:
    found = split(profiles(events_of), name, LeaveOneOut(min_events))
    assert rows_of(found) == plain(events_of, name, min_events)


@pytest.mark.parametrize("name", SPLITS)
def test_of_a_slice(name: str) -> None:
    events_of = {
        f"u{size}": [(c, 1.0, n) for n, c in enumerate("abcdef"[:size])] for size in (4, 3, 6, 2)
    }
    whole = split(profiles(events_of), name, LeaveOneOut(3)).to_pylist()
    part = split(profiles(events_of).slice(1, 2), name, LeaveOneOut(3)).to_pylist()
    assert part == [row for row in whole if row["user_id"] in {"u3", "u6"}]


def test_by_hand() -> None:
    # Four events a b c d: train a b; validation a b -> c; fit a b c; test a b c -> d.
    events = [("a", 1.0, 1), ("b", 2.0, 2), ("c", 3.0, 3), ("d", 4.0, 4)]
    batch, how = profiles({"u": events}), LeaveOneOut(3)
    assert rows_of(split(batch, "train", how)) == [("u", events[:2], None)]
    assert rows_of(split(batch, "validation", how)) == [("u", events[:2], events[2])]
    assert rows_of(split(batch, "fit", how)) == [("u", events[:3], None)]
    assert rows_of(split(batch, "test", how)) == [("u", events[:3], events[3])]
    assert split(batch, "test", how).column("age").to_pylist() == [0.0]
