"""Small profiles, written down as lists of events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
from hypothesis import settings
from hypothesis import strategies as st

from pipeline.histories import by_shard

FEW = settings(max_examples=30)
"""For tests that write files."""

Event = tuple[str, float, int]
"""Item, rating, time."""
People = dict[str, list[Event]]
"""User id to events, oldest first; ties in time are in order too."""

ITEMS = "abcdefghij"


@st.composite
def people(draw: st.DrawFn, most_events: int = 10, times: int = 12) -> People:
    """Users with 1 to `most_events` different items; few moments, so that many events tie."""
    found: People = {}
    for number in range(draw(st.integers(1, 12))):
        items = draw(
            st.lists(st.sampled_from(ITEMS), min_size=1, max_size=most_events, unique=True)
        )
        moments = sorted(draw(st.integers(0, times)) for _ in items)
        ratings = [draw(st.sampled_from([1.0, 2.5, 3.0, 4.0, 5.0, float("nan")])) for _ in items]
        found[f"u{number:02d}"] = list(zip(items, ratings, moments, strict=True))
    return found


def profiles(people: Mapping[str, Sequence[Event]]) -> pa.RecordBatch:
    """One row per user, with an age that tells them apart."""

    def lists(field: int, arrow_type: pa.DataType) -> pa.Array:
        values = [[event[field] for event in events] for events in people.values()]
        return pa.array(values, pa.list_(arrow_type))

    return pa.record_batch(
        {
            "user_id": pa.array(list(people), pa.string()),
            "age": pa.array([float(number) for number in range(len(people))], pa.float32()),
            "history_item_id": lists(0, pa.string()),
            "history_rating": lists(1, pa.float32()),
            "history_timestamp": lists(2, pa.int64()),
        }
    )


def shard_files(batch: pa.RecordBatch, shards: int, directory: Path) -> list[Path]:
    """The files that `collect` writes of these profiles."""
    paths = []
    for number, part in sorted(by_shard(batch, shards), key=lambda keyed: keyed[0]):
        paths.append(directory / f"profiles-{number:05d}.arrow")
        with pa.ipc.new_file(str(paths[-1]), batch.schema) as writer:
            writer.write_table(pa.Table.from_batches([part]), max_chunksize=2)
    return paths


def rows_of(batch: pa.RecordBatch) -> list[tuple[str, list[Event], Event | None]]:
    """User, history and target of each row, NaN as -1 so that rows compare."""
    found = []
    for row in batch.to_pylist():
        names = ("item_id", "rating", "timestamp")
        history = list(zip(*(row[f"history_{name}"] for name in names), strict=True))
        target = [row[f"target_{name}"] for name in names] if "target_item_id" in row else None
        found.append(
            (
                row["user_id"],
                [comparable(event) for event in history],
                comparable(target) if target else None,
            )
        )
    return found


def comparable(event: Sequence[object]) -> Event:
    """NaN as -1, because NaN equals nothing."""
    item, rating, time = event
    return item, rating if rating == rating else -1.0, time  # type: ignore[return-value]
