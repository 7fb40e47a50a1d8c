"""Global time against a plain Python version, and its cut-offs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.splits.cut import TAKEN, split
from pipeline.splits.global_time import GlobalTime, at_cut_offs
from schemas.columns import FITS, SPLITS
from schemas.config import PrepareConfig
from tests.pipeline.profiles import People, comparable, people, profiles, rows_of

END = 99


def plain(events_of: People, name: str, how: GlobalTime) -> list[object]:
    rows: list[object] = []
    low, high = {
        "train": (0, how.validation_from),
        "fit": (0, how.test_from),
        "validation": (how.validation_from, how.test_from),
        "test": (how.test_from, how.end),
    }[name]
    for user, events in events_of.items():
        events = [comparable(event) for event in events]
        inside = [n for n, event in enumerate(events) if low <= event[2] < high]
        if name in FITS:
            rows += [(user, [events[n] for n in inside], None)] if inside else []
            continue
        asked = [n for n in inside if n >= how.min_history]
        if how.requests_taken == "first":
            asked = asked[: how.requests_per_user]
        else:
            asked = asked[-how.requests_per_user :]
        rows += [(user, events[:n], events[n]) for n in asked]
    return rows


@given(
    people(),
    st.integers(1, 6),
    st.integers(1, 6),
    st.integers(0, 3),
    st.integers(1, 4),
    st.sampled_from(TAKEN),
    st.sampled_from(SPLITS),
)
def test_same_as_plain(
    events_of: People, first: int, more: int, least: int, most: int, taken: str, name: str
) -> None:
    how = GlobalTime(first, first + more, END, least, most, taken)
    assert rows_of(split(profiles(events_of), name, how)) == plain(events_of, name, how)


def test_by_hand() -> None:
    # Cut-offs 10 and 20. At 20 exactly an event is the test's, at 19 the validation's; the request
    # for e knows d, though d lies after the cut.
    events = [("a", 1.0, 5), ("b", 2.0, 10), ("c", 3.0, 19), ("d", 4.0, 20), ("e", 5.0, 20)]
    batch, how = profiles({"u": events}), GlobalTime(10, 20, 21, 1, 10, "first")
    assert rows_of(split(batch, "train", how)) == [("u", events[:1], None)]
    assert rows_of(split(batch, "fit", how)) == [("u", events[:3], None)]
    assert rows_of(split(batch, "validation", how)) == [
        ("u", events[:1], events[1]),
        ("u", events[:2], events[2]),
    ]
    assert rows_of(split(batch, "test", how)) == [
        ("u", events[:3], events[3]),
        ("u", events[:4], events[4]),
    ]
    assert how.describe()["validation"] == [10, 20]
    assert how.describe()["test"] == [20, 21]


def test_cut_offs_by_hand() -> None:
    # Ten events at 0, 1, ..., 9: the newest 20% are 8 and 9, the 30% before them 5, 6 and 7.
    config = PrepareConfig(split="global_time", test_share=0.2, validation_share=0.3)
    how = at_cut_offs(config, np.arange(10)[::-1])
    assert (how.validation_from, how.test_from, how.end) == (5, 8, 10)
    # All but two at second 5: the second goes to the newer side as a whole.
    tied = np.array([0, 4, 5, 5, 5, 5, 5, 5, 7, 9])
    how = at_cut_offs(PrepareConfig(test_share=0.3, validation_share=0.6), tied)
    assert (how.validation_from, how.test_from) == (4, 5)


@given(
    st.lists(st.integers(0, 30), min_size=3, max_size=60),
    st.floats(0.05, 0.45),
    st.floats(0.05, 0.45),
    st.randoms(),
)
def test_cut_offs_are_exact_quantiles(
    times: list[int], test: float, validation: float, random: object
) -> None:
    config = PrepareConfig(test_share=test, validation_share=validation)
    try:
        how = at_cut_offs(config, np.array(times))
    except ValueError:
        assume(False)
    wanted = max(1, round(len(times) * test)), max(1, round(len(times) * (test + validation)))
    for moment, held in zip((how.test_from, how.validation_from), wanted, strict=True):
        # From there on at least the share, from the next moment on less than it.
        assert sum(time >= moment for time in times) >= held > sum(t > moment for t in times)
    random.shuffle(times)  # type: ignore[attr-defined]
    assert at_cut_offs(config, np.array(times)) == how


def test_given_moments_are_taken() -> None:
    config = PrepareConfig(split="global_time", validation_from=3, test_from=7)
    how = at_cut_offs(config, np.arange(10))
    assert (how.validation_from, how.test_from, how.end) == (3, 7, 10)


@pytest.mark.parametrize(
    ("values", "times", "message"),
    [
        ({}, [4, 4, 4], "expected events at two times or more, got 3 events at one"),
        ({}, [], "expected events at two times or more, got 0 events at one"),
        ({"test_from": 99}, [1, 2, 3], "got 3 and 99 for events from 1 to 3"),
        ({"test_from": 2, "validation_from": 2}, [1, 2, 3], "got 2 and 2"),
        ({"validation_from": 1, "test_from": 2}, [1, 2, 3], "got 1 and 2"),
    ],
)
def test_empty_parts_are_refused(values: dict[str, int], times: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        at_cut_offs(PrepareConfig(split="global_time", **values), np.array(times, np.int64))  # type: ignore[arg-type]
