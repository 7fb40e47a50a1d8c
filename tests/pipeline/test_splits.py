"""Leave-one-out against a plain Python version."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.splits import split
from schemas.columns import FITS, SPLITS

Events = list[tuple[str, float, int]]
EVENT = st.tuples(st.sampled_from("abcdef"), st.floats(1, 5, width=32), st.integers(0, 9))


def profiles(histories: list[Events]) -> pa.RecordBatch:
    return pa.record_batch(
        {
            "user_id": pa.array([str(n) for n in range(len(histories))], pa.string()),
            "age": pa.array([float(n) for n in range(len(histories))], pa.float32()),
            "history_item_id": pa.array(
                [[e[0] for e in h] for h in histories], pa.list_(pa.string())
            ),
            "history_rating": pa.array(
                [[e[1] for e in h] for h in histories], pa.list_(pa.float32())
            ),
            "history_timestamp": pa.array(
                [[e[2] for e in h] for h in histories], pa.list_(pa.int64())
            ),
        }
    )


def plain(histories: list[Events], name: str, min_events: int) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for number, events in enumerate(histories):
        held_out = {"train": 2, "fit": 1, "validation": 2, "test": 1}[name]
        if len(events) < min_events:
            if name not in FITS:
                continue
            held_out = 0
        history = events[: len(events) - held_out]
        row: dict[str, object] = {
            "user_id": str(number),
            "age": float(number),
            "history_item_id": [e[0] for e in history],
            "history_rating": [e[1] for e in history],
            "history_timestamp": [e[2] for e in history],
        }
        if name not in FITS:
            item, rating, time = events[len(history)]
            row |= {"target_item_id": item, "target_rating": rating, "target_timestamp": time}
        rows.append(row)
    return rows


@given(
    histories=st.lists(st.lists(EVENT, max_size=9), max_size=6),
    min_events=st.integers(3, 6),
    name=st.sampled_from(SPLITS),
)
def test_same_as_plain(histories: list[Events], min_events: int, name: str) -> None:
    assert split(profiles(histories), name, min_events).to_pylist() == plain(
        histories, name, min_events
    )


@pytest.mark.parametrize("name", SPLITS)
def test_of_a_slice(name: str) -> None:
    histories = [[(c, 1.0, n) for n, c in enumerate("abcdef"[:size])] for size in (4, 3, 6, 2)]
    whole = split(profiles(histories), name, 3).to_pylist()
    part = split(profiles(histories).slice(1, 2), name, 3).to_pylist()
    assert part == [row for row in whole if row["user_id"] in {"1", "2"}]


def test_by_hand() -> None:
    # Four events a b c d: train a b; validation a b -> c; fit a b c; test a b c -> d.
    batch = profiles([[("a", 1.0, 1), ("b", 2.0, 2), ("c", 3.0, 3), ("d", 4.0, 4)]])
    assert split(batch, "train", 3).column("history_item_id").to_pylist() == [["a", "b"]]
    validation = split(batch, "validation", 3).to_pylist()[0]
    assert (validation["history_item_id"], validation["target_item_id"]) == (["a", "b"], "c")
    assert split(batch, "fit", 3).column("history_item_id").to_pylist() == [["a", "b", "c"]]
    test = split(batch, "test", 3).to_pylist()[0]
    assert (test["history_item_id"], test["target_item_id"]) == (["a", "b", "c"], "d")
    assert (test["target_rating"], test["target_timestamp"]) == (4.0, 4)
