"""Each rule, and that no row is lost between taken and rejected."""

from __future__ import annotations

import math

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cleaning import clean
from schemas.cards import card_from_dict

TABLE = {"files": "u.data", "format": "csv", "user_id": "user", "item_id": "item"}
CLICKS = card_from_dict({"name": "clicks", "events": TABLE}, "here")
TIMED = TABLE | {"rating": "stars", "timestamp": "time"}
CARD = card_from_dict({"name": "stars", "events": TIMED, "rating": {"min": 1, "max": 5}}, "here")
ITEMS = pa.array(["a", "b"])
GOOD = ("1", "a", "3", "881250949")


def rows(values: list[tuple[str, str, str, str]]) -> pa.RecordBatch:
    columns = list(zip(*values, strict=True)) if values else [(), (), (), ()]
    names = ("user_id", "item_id", "rating", "timestamp")
    batch = {n: pa.array(c, pa.string()) for n, c in zip(names, columns, strict=True)}
    return pa.record_batch(batch | {"ordinal": pa.array(range(1, len(values) + 1), pa.int64())})


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        (("", "a", "3", "1"), "user_id", "expected an id, got none"),
        ((" ", "a", "3", "1"), "user_id", "expected an id, got none"),
        (("1", "", "3", "1"), "item_id", "expected an id, got none"),
        (("1", "a\nb", "3", "1"), "item_id", "expected an id without line end"),
        (("\ufffd", "a", "3", "1"), "user_id", "expected UTF-8"),
        (("1", "a", "", "1"), "rating", "expected a number from 1.0 to 5.0"),
        (("1", "a", "nan", "1"), "rating", "expected a number from 1.0 to 5.0"),
        (("1", "a", "0.5", "1"), "rating", "expected a number from 1.0 to 5.0"),
        (("1", "a", "5.5", "1"), "rating", "expected a number from 1.0 to 5.0"),
        (("1", "a", "inf", "1"), "rating", "expected a number from 1.0 to 5.0"),
        (("1", "a", "four", "1"), "rating", "expected a number from 1.0 to 5.0"),
        (("1", "a", "3", "-1"), "timestamp", "expected whole seconds from 1970 on"),
        (("1", "a", "3", "1.5"), "timestamp", "expected whole seconds from 1970 on"),
        (("1", "a", "3", "1e300"), "timestamp", "expected whole seconds from 1970 on"),
        (("1", "a", "3", "inf"), "timestamp", "expected whole seconds from 1970 on"),
        (("1", "a", "3", "881250949000"), "timestamp", "expected whole seconds from 1970 on"),
        (("1", "a", "3", "soon"), "timestamp", "expected whole seconds from 1970 on"),
        (("1", "zz", "3", "1"), "item_id", "expected an item of the catalogue"),
    ],
)
def test_a_broken_row_among_good_ones(
    row: tuple[str, str, str, str], field: str, reason: str
) -> None:
    events, rejects = clean(rows([GOOD, row, GOOD]), CARD, ITEMS)
    assert events.column("ordinal").to_pylist() == [1, 3]
    found = rejects.to_pylist()
    assert len(found) == 1
    value = dict(zip(("user_id", "item_id", "rating", "timestamp"), row, strict=True))[field]
    expected = {"ordinal": 2, "field": field, "reason": reason, "value": value}
    assert found[0] == expected


def test_blanks_around_an_id_are_no_part_of_it() -> None:
    events, rejects = clean(rows([GOOD, (" 1", "a ", "3", "1"), ("2", "b", "3", "1")]), CARD, ITEMS)
    assert events.column("user_id").to_pylist() == ["1", "1", "2"]
    assert events.column("item_id").to_pylist() == ["a", "a", "b"]
    assert len(events.column("user_id").dictionary) == 2
    assert not len(rejects)


def test_types_and_values() -> None:
    events, rejects = clean(rows([("1", "b", "4.5", "881250949.0")]), CARD, ITEMS)
    assert not len(rejects)
    assert events.to_pylist() == [
        {"user_id": "1", "item_id": "b", "rating": 4.5, "timestamp": 881250949, "ordinal": 1}
    ]


def test_neither_ratings_nor_times_nor_a_catalogue() -> None:
    batch = rows([("1", "b", "", ""), ("1", "", "", ""), ("2", "new", "", "")])
    events, rejects = clean(batch.select(["user_id", "item_id", "ordinal"]), CLICKS, None)
    assert [(row["item_id"], row["timestamp"]) for row in events.to_pylist()] == [
        ("b", 0),
        ("new", 0),
    ]
    assert all(math.isnan(rating) for rating in events.column("rating").to_pylist())
    assert rejects.column("reason").to_pylist() == ["expected an id, got none"]


CELL = st.sampled_from(["", "1", "a", "3", "-3", "99", "x", "nan", "1e3", "+2", " 2"])


@given(values=st.lists(st.tuples(CELL, CELL, CELL, CELL), max_size=20))
def test_every_row_is_taken_or_rejected_and_alone_gets_the_same(
    values: list[tuple[str, str, str, str]],
) -> None:
    events, rejects = clean(rows(values), CARD, ITEMS)
    lines = events.column("ordinal").to_pylist() + rejects.column("ordinal").to_pylist()
    assert sorted(lines) == list(range(1, len(values) + 1))
    taken = [len(clean(rows([value]), CARD, ITEMS)[0]) == 1 for value in values]
    assert events.column("ordinal").to_pylist() == [n for n, t in enumerate(taken, 1) if t]
