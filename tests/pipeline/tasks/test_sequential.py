"""Next items by hand and against a plain Python version."""

from __future__ import annotations

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from pipeline.gather import gather
from pipeline.splits.leave_one_out import LeaveOneOut
from pipeline.tasks.sequential import pick
from tests.pipeline.profiles import ITEMS, People, comparable, people, profiles, rows_of
from tests.pipeline.tasks.build import CONFIG

HOW = LeaveOneOut(3)


def made(events_of: People, split: str, length: int) -> list[object]:
    batch = profiles(events_of)
    config = dataclasses.replace(CONFIG, sequence_len=length)
    return rows_of(gather(batch, *pick(batch, HOW.cut(batch, split), config)))


@given(people(), st.integers(1, 7))
def test_same_as_plain(events_of: People, length: int) -> None:
    expected: dict[str, list[object]] = {"fit": [], "test": []}
    for user, events in events_of.items():
        rows = [comparable(event) for event in events]
        newest = len(rows) - 1 if len(rows) >= HOW.min_events else len(rows)
        rest = [(user, rows[max(0, n - length) : n], rows[n]) for n in range(1, len(rows))]
        expected["fit"] += rest[: max(newest - 1, 0)]
        expected["test"] += rest[max(newest - 1, 0) :]
    assert {split: made(events_of, split, length) for split in expected} == expected


def test_by_hand() -> None:
    # Five events, the last of which is the test event; at most two before a target.
    events = [(item, 3.0, n + 1) for n, item in enumerate(ITEMS[:5])]
    found = [
        ("".join(event[0] for event in history), target[0])
        for split in ("fit", "test")
        for _, history, target in made({"ann": events}, split, 2)  # type: ignore[misc]
    ]
    assert found == [("a", "b"), ("ab", "c"), ("bc", "d"), ("cd", "e")]
