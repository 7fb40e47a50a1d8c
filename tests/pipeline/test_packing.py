"""What a shuffle carries is narrow, and comes out as it went in."""

from __future__ import annotations

import pickle

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cleaning import CODED_EVENTS
from pipeline.packing import pack, unpack

WHOLE = st.integers(-(2**63), 2**63 - 1)
ROW = st.tuples(st.sampled_from(["1", "é", ""]), st.sampled_from("abcd"), WHOLE, WHOLE)


def events(rows: list[tuple[str, str, int, int]]) -> pa.RecordBatch:
    user, item, time, ordinal = zip(*rows, strict=True)
    ids = [pa.array(column, pa.string()).dictionary_encode() for column in (user, item)]
    rating = pa.array([3.5] * len(rows), pa.float32())
    numbers = [pa.array(column, pa.int64()) for column in (time, ordinal)]
    return pa.record_batch([*ids, rating, *numbers], schema=CODED_EVENTS)


@given(rows=st.lists(ROW, min_size=1, max_size=20))
def test_unpacked_is_what_was_packed(rows: list[tuple[str, str, int, int]]) -> None:
    batch = events(rows)
    shuffled = pickle.loads(pickle.dumps(pack(batch)))  # noqa: S301  as Beam does it
    assert unpack(shuffled, CODED_EVENTS).equals(batch)


@pytest.mark.parametrize(
    ("span", "bits"), [(0, 8), (255, 8), (256, 16), (65_535, 16), (2**32 - 1, 32), (2**32, 64)]
)
def test_the_narrowest_type_that_holds_the_numbers(span: int, bits: int) -> None:
    first = 2**62  # wherever they begin
    packed = pack(events([("1", "a", first, 1), ("1", "b", first + span, 2)]))
    assert packed.column("timestamp").type.bit_width == bits
    assert packed.column("user_id").type.index_type.bit_width == 8


def test_other_columns_pass() -> None:
    people = pa.record_batch({"user_id": pa.array(["1"]), "age": pa.array([30.0], pa.float32())})
    assert unpack(pack(people), people.schema).equals(people)
