"""The newest share of each history against a plain Python version, and by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.splits.cut import TAKEN, split
from pipeline.splits.temporal_user import TemporalUser
from schemas.columns import SPLITS
from tests.pipeline.profiles import People, comparable, people, profiles, rows_of


def plain(events_of: People, name: str, how: TemporalUser) -> list[object]:
    rows: list[object] = []
    for user, raw in events_of.items():
        events = [comparable(event) for event in raw]
        test, validation = (
            int(len(events) * share) for share in (how.test_share, how.validation_share)
        )
        if len(events) - test - validation < how.min_history:
            test = validation = 0
        to_test = len(events) - test
        to_validation = to_test - validation
        if name in ("train", "fit"):
            kept = events[: to_validation if name == "train" else to_test]
            rows += [(user, kept, None)] if kept else []
            continue
        start, end = (to_validation, to_test) if name == "validation" else (to_test, len(events))
        asked = events[start:end]
        if how.requests_taken == "first":
            asked = asked[: how.requests_per_user]
        else:
            asked = asked[-how.requests_per_user :]
        rows += [(user, events[:start], target) for target in asked]
    return rows


@given(
    people(),
    st.sampled_from([0.2, 0.5]),
    st.sampled_from([0.1, 0.4]),
    st.integers(0, 3),
    st.integers(1, 4),
    st.sampled_from(TAKEN),
    st.sampled_from(SPLITS),
)
def test_same_as_plain(
    events_of: People, test: float, validation: float, least: int, most: int, taken: str, name: str
) -> None:
    how = TemporalUser(test, validation, least, most, taken)
    assert rows_of(split(profiles(events_of), name, how)) == plain(events_of, name, how)


@pytest.mark.parametrize(
    ("name", "history", "targets"),
    [("train", 3, []), ("fit", 4, []), ("validation", 3, [3]), ("test", 4, [4, 5])],
)
def test_by_hand(name: str, history: int, targets: list[int]) -> None:
    # Of six events 0.4 is 2.4, so two test, and 0.2 is 1.2, so one validates.
    events = [(letter, 1.0, n) for n, letter in enumerate("abcdef")]
    rows = rows_of(split(profiles({"u": events}), name, TemporalUser(0.4, 0.2, 1, 10, "first")))
    asked = [events[target] for target in targets] or [None]
    assert rows == [("u", events[:history], target) for target in asked]


def test_of_users_with_too_little_everything_is_fitted() -> None:
    events = [("a", 1.0, 1), ("b", 2.0, 2), ("c", 3.0, 3), ("d", 4.0, 4)]
    how = TemporalUser(0.5, 0.25, 2, 10, "first")  # would leave one event
    for name in ("train", "fit"):
        assert rows_of(split(profiles({"u": events}), name, how)) == [("u", events, None)]
    for name in ("validation", "test"):
        assert rows_of(split(profiles({"u": events}), name, how)) == []
