"""Windows by hand and against a plain Python version."""

from __future__ import annotations

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from pipeline.gather import gather
from pipeline.splits.cut import Cut, fitted
from pipeline.splits.leave_one_out import LeaveOneOut
from pipeline.tasks.sliding_windows import pick
from tests.pipeline.profiles import (
    ITEMS,
    Event,
    People,
    comparable,
    people,
    profiles,
    rows_of,
)
from tests.pipeline.tasks.build import CONFIG

PADDING = ("", -1.0, 0)


def windows(events_of: People, cut: Cut | None = None, **settings: int) -> list[object]:
    batch = profiles(events_of)
    config = dataclasses.replace(CONFIG, **settings)  # type: ignore[arg-type]
    return rows_of(gather(batch, *pick(batch, cut or everything(events_of), config)))


def everything(events_of: People) -> Cut:
    import numpy as np

    return fitted(np.array([len(events) for events in events_of.values()]))


def plain(events: list[Event], length: int, step: int) -> list[tuple[list[Event], Event]]:
    """Grows a list of windows one by one, until one ends with the newest event."""
    found, start = [], 0
    while len(events) > 1:
        window = events[start : start + length]
        if len(window) < length:
            window = ([PADDING] * length + events)[-length:]
        found.append((window[:-1], window[-1]))
        if start + length >= len(events):
            break
        start += step
    return found


@given(people(), st.integers(2, 6), st.integers(1, 7))
def test_same_as_plain(events_of: People, length: int, step: int) -> None:
    expected = [
        (user, *window)
        for user, events in events_of.items()
        for window in plain([comparable(event) for event in events], length, step)
    ]
    assert windows(events_of, window_len=length, window_step=step) == expected


def test_by_hand() -> None:
    # Seven events, windows of 4 in steps of 2: abcd, cdef, and the last one moved back: defg.
    events = [(item, 3.0, n + 1) for n, item in enumerate(ITEMS[:7])]
    found = [
        ("".join(event[0] for event in history), target[0])
        for _, history, target in windows({"u": events})  # type: ignore[misc]
    ]
    assert found == [("abc", "d"), ("cde", "f"), ("def", "g")]
    # Two events: one of the three places is filled. One event: nothing to predict it from.
    assert windows({"u": events[:2]}) == [("u", [PADDING, PADDING, events[0]], events[1])]
    assert windows({"u": events[:1]}) == []


@given(people())
def test_requests_give_one_window_that_ends_with_the_target(events_of: People) -> None:
    batch = profiles(events_of)
    cut = LeaveOneOut(3).cut(batch, "test")
    for user, history, target in windows(events_of, cut):  # type: ignore[misc]
        events = [comparable(event) for event in events_of[user]]
        assert target == events[-1]
        assert history == ([PADDING] * 3 + events[:-1])[-3:]
