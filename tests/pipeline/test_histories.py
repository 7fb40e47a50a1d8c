"""Sharding, order, repeats and grouping against plain Python."""

from __future__ import annotations

import math
from collections import Counter

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cleaning import CODED_EVENTS
from pipeline.histories import by_shard, group, in_order, join_users, without_repeats
from pipeline.sources.users import user_schema
from schemas.cards import card_from_dict

# Few users, items and seconds, so that there are many ties and repeats.
ROW = st.tuples(st.sampled_from(["1", "2", "10", "é"]), st.sampled_from("abcd"), st.integers(0, 2))
ROWS = st.lists(ROW, max_size=40)
SHARDS_OF_FOUR = {"0": 3, "1": 2, "2": 2, "3": 0, "4": 1, "5": 0}
TABLE = {"files": "u.data", "format": "csv", "user_id": "user"}
CARD = card_from_dict(
    {
        "name": "people",
        "events": TABLE | {"item_id": "item"},
        "users": TABLE,
        "user_features": {"age": "numeric", "gender": "categorical"},
    },
    "here",
)


def events(rows: list[tuple[str, str, int]]) -> pa.RecordBatch:
    return pa.record_batch(
        [
            pa.array([row[0] for row in rows], pa.string()).dictionary_encode(),
            pa.array([row[1] for row in rows], pa.string()).dictionary_encode(),
            pa.array([float(number % 5) for number in range(len(rows))], pa.float32()),
            pa.array([row[2] for row in rows], pa.int64()),
            pa.array(range(1, len(rows) + 1), pa.int64()),
        ],
        schema=CODED_EVENTS,
    )


@given(rows=ROWS)
def test_grouping_is_a_stable_sort_by_time(rows: list[tuple[str, str, int]]) -> None:
    expected: dict[str, list[tuple[str, int]]] = {}
    for user, item, time in sorted(rows, key=lambda row: row[2]):  # Python's sort is stable
        expected.setdefault(user, []).append((item, time))
    found = group(in_order(events(rows))).to_pylist()
    assert [row["user_id"] for row in found] == sorted(expected)
    for row in found:
        pairs = list(zip(row["history_item_id"], row["history_timestamp"], strict=True))
        assert pairs == expected[row["user_id"]]


@given(rows=ROWS, seed=st.randoms(use_true_random=False))
def test_order_does_not_depend_on_arrival(rows: list[tuple[str, str, int]], seed: object) -> None:
    batch = events(rows)
    order = list(range(len(rows)))
    seed.shuffle(order)  # type: ignore[attr-defined]
    shuffled = batch.take(pa.array(order, pa.int64()))
    assert in_order(shuffled).equals(in_order(batch))


@given(rows=ROWS, tie_seed=st.integers(1, 9), seed=st.randoms(use_true_random=False))
def test_shuffled_ties_do_not_depend_on_arrival(
    rows: list[tuple[str, str, int]], tie_seed: int, seed: object
) -> None:
    batch = events(rows)
    order = list(range(len(rows)))
    seed.shuffle(order)  # type: ignore[attr-defined]
    shuffled = batch.take(pa.array(order, pa.int64()))
    found = in_order(batch, tie_seed)
    assert in_order(shuffled, tie_seed).equals(found)
    places = [(row["user_id"], row["timestamp"]) for row in found.to_pylist()]
    assert places == sorted(places)
    assert sorted(found.column("ordinal").to_pylist()) == list(range(1, len(rows) + 1))


def test_every_order_of_a_tie_is_as_likely() -> None:
    # Three events of one second have six orders; 600 seeds give each about 100 times.
    tied = events([("1", "a", 5), ("1", "b", 5), ("1", "c", 5), ("1", "d", 9)])
    orders = Counter(
        "".join(in_order(tied, seed).column("item_id").to_pylist()) for seed in range(1, 601)
    )
    assert len(orders) == 6
    assert all(order.endswith("d") for order in orders)
    assert min(orders.values()) > 60  # by chance less than 60: once in 100 000


@given(rows=ROWS)
def test_the_first_of_repeated_events_stays(rows: list[tuple[str, str, int]]) -> None:
    ordered = in_order(events(rows))
    kept, rejects = without_repeats(ordered)
    seen: set[tuple[str, str]] = set()
    expected = []
    for row in ordered.to_pylist():
        pair = (row["user_id"], row["item_id"])
        if pair not in seen:
            expected.append(row)
        seen.add(pair)
    assert kept.to_pylist() == expected
    assert len(kept) + len(rejects) == len(rows)
    lines = {row["ordinal"] for row in expected} | set(rejects.column("ordinal").to_pylist())
    assert lines == set(range(1, len(rows) + 1))


@given(rows=ROWS, shards=st.integers(1, 5))
def test_a_user_has_one_shard_and_no_row_is_lost(
    rows: list[tuple[str, str, int]], shards: int
) -> None:
    found = list(by_shard(events(rows), shards))
    users = [set(batch.column("user_id").to_pylist()) for _, batch in found]
    assert sum(map(len, users)) == len(set().union(*users))
    assert all(0 <= shard < shards for shard, _ in found)
    lines = [row for _, batch in found for row in batch.to_pylist()]
    assert sorted(lines, key=lambda row: row["ordinal"]) == events(rows).to_pylist()
    for _, batch in found:  # what a shard gets is not the names of everybody
        for name in ("user_id", "item_id"):
            column = batch.column(name)
            assert sorted(column.dictionary.to_pylist()) == sorted(set(column.to_pylist()))


def test_the_shard_of_a_user_never_changes() -> None:
    # Another hash would move users between machines of different versions.
    batch = events([(str(number), "a", 0) for number in range(6)])
    shard = {user: s for s, part in by_shard(batch, 4) for user in part.column(0).to_pylist()}
    assert shard == SHARDS_OF_FOUR


def test_users_without_features_get_missing_values() -> None:
    histories = group(in_order(events([("1", "a", 0), ("2", "b", 0)])))
    users = pa.RecordBatch.from_pylist(
        [{"user_id": "2", "age": 30.0, "gender": "F"}, {"user_id": "9", "age": 1.0, "gender": "M"}],
        user_schema(CARD),
    )
    found = join_users(histories, users, CARD)
    assert found.schema.names[:3] == ["user_id", "age", "gender"]
    assert found.column("gender").to_pylist() == ["", "F"]
    ages = found.column("age").to_pylist()
    assert math.isnan(ages[0]) and ages[1] == 30.0
