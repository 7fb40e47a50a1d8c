"""Each anomaly of items and people, and what is still let through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.sources.items import read_items
from pipeline.validation.columns import Column, Part
from pipeline.validation.expected import Expected
from pipeline.validation.tables import AnomalyError, anomalies, check_tables
from tests.pipeline.validation.build import (
    ITEMS,
    PEOPLE,
    card_in,
    inferred,
    item,
    person,
    write,
)

WITH = ITEMS[:-1]
"""39 items; another makes it 40."""


@pytest.fixture
def demands(tmp_path: Path) -> dict[str, Expected]:
    """As inferred from 40 faultless items and people."""
    return inferred(write(tmp_path / "good"), tmp_path / "a.pbtxt")


def check(
    directory: Path,
    demands: Mapping[str, Expected],
    items: list[dict[str, object]] | None = None,
    people: list[dict[str, object]] | None = None,
) -> None:
    """Checks a data set that ends with these items or people."""
    write(directory, items=[*WITH, *(items or [])], people=[*PEOPLE[:-1], *(people or [])])
    card = card_in(directory)
    check_tables(directory, card, read_items(directory, card), demands)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"title": ""},
            "item_features.title: expected a value in at least 1 of all rows, "
            "got 39 of 40 rows (item_id 'i7x' has none)",
        ),
        (
            {"price": None},
            "item_features.price: expected a value in at least 1 of all rows, "
            "got 39 of 40 rows (item_id 'i7x' has none)",
        ),
        (
            {"made": None},
            "item_features.made: expected a value in at least 1 of all rows, "
            "got 39 of 40 rows (item_id 'i7x' has none)",
        ),
        (
            {"tags": []},
            "item_features.tags: expected a value in at least 1 of all rows, "
            "got 39 of 40 rows (item_id 'i7x' has none)",
        ),
        (
            {"tags": ["new", "new", "new"]},
            "item_features.tags: expected 1 to 2 values a row, "
            "got others in 1 of 40 rows, such as 3 (item_id 'i7x')",
        ),
        (  # 39 items have 1 or 2 tags by turns, from 1 on: 20 + 2 * 19 = 58, and 2 of this one.
            {"tags": ["new", "old"]},
            "item_features.tags: expected one of 'new', 'small', "
            "got 1 of 60 others, such as 'old' (item_id 'i7x')",
        ),
        (
            {"colour": "green"},
            "item_features.colour: expected one of 'blue', 'red', "
            "got 1 of 40 others, such as 'green' (item_id 'i7x')",
        ),
        (
            {"price": 4},
            "item_features.price: expected 0.0 to 3.9, "
            "got 1 of 40 others, such as 4.0 (item_id 'i7x')",
        ),
        (
            {"made": 1_400_000_000},
            "item_features.made: expected 978307200 (2001-01-01T00:00:00) to 1325375999 "
            "(2011-12-31T23:59:59), got 1 of 40 others, such as 1400000000 (item_id 'i7x')",
        ),
    ],
)
def test_an_item_outside(
    tmp_path: Path, demands: dict[str, Expected], values: dict[str, object], message: str
) -> None:
    check(tmp_path / "same", demands, [item(7, item="i7x")])
    with pytest.raises(AnomalyError) as stopped:
        check(tmp_path / "other", demands, [item(7, item="i7x", **values)])
    first, *rest = str(stopped.value).split("\n  ")
    assert first == f"{tmp_path / 'other'}: 1 anomalies against the schema:"
    assert rest == [message]


def test_everything_is_told_at_once(tmp_path: Path, demands: dict[str, Expected]) -> None:
    strange = item(7, item="i7x", colour="green", price=-1)
    with pytest.raises(AnomalyError, match="3 anomalies") as stopped:
        check(tmp_path / "data", demands, [strange], [person(7, user="u7x", gender="X")])
    fields = [line.split(":")[0].strip() for line in str(stopped.value).splitlines()[1:]]
    assert fields == ["item_features.colour", "item_features.price", "user_features.gender"]


def test_a_share_may_be_outside(tmp_path: Path, demands: dict[str, Expected]) -> None:
    # 39 of 40 are 0.975.
    for mass, inside in ((0.975, True), (0.98, False)):
        some = demands | {"colour": replace(demands["colour"], min_mass=mass)}
        directory = tmp_path / str(mass)
        if inside:
            check(directory, some, [item(7, item="i7x", colour="green")])
        else:
            with pytest.raises(AnomalyError, match=r"'red' in at least 0\.98 of all values, got 1"):
                check(directory, some, [item(7, item="i7x", colour="green")])


def test_a_share_may_be_missing(tmp_path: Path, demands: dict[str, Expected]) -> None:
    for fraction, enough in ((0.975, True), (0.98, False)):
        some = demands | {"price": replace(demands["price"], min_fraction=fraction)}
        directory = tmp_path / str(fraction)
        if enough:
            check(directory, some, [item(7, item="i7x", price=None)])
        else:
            with pytest.raises(AnomalyError, match=r"price: expected a value in at least 0\.98"):
                check(directory, some, [item(7, item="i7x", price=None)])


@pytest.mark.parametrize("count", [7, 14, 28, 29, 55, 56, 57, 58, 90])
def test_the_share_itself_is_enough(count: int) -> None:
    # None of these hundredths is a float64, and times 100 some are more than the count.
    things = [f"i{number}" for number in range(100)]
    colours = ["red"] * count + [""] * (100 - count)
    tags = [["red"]] * count + [["blue"]] * (100 - count)
    rows = pa.record_batch({"item_id": things, "colour": colours, "tags": tags})
    columns = [
        Column("colour", Part.ITEMS, pa.string()),
        Column("tags", Part.ITEMS, pa.list_(pa.string())),
    ]
    for share, found in ((count / 100, 0), ((count + 1) / 100, 2)):
        demands = {
            "colour": Expected(min_fraction=share),
            "tags": Expected(values=("red",), min_mass=share),
        }
        assert len(anomalies(rows, "item_id", columns, demands)) == found


def test_a_number_of_rows(tmp_path: Path, demands: dict[str, Expected]) -> None:
    some = demands | {"age": replace(demands["age"], min_fraction=0, min_count=40)}
    check(tmp_path / "a", some, people=[person(7, user="u7x")])
    with pytest.raises(AnomalyError, match="age: expected a value in at least 40 rows, got 39"):
        check(tmp_path / "b", some, people=[person(7, user="u7x", age=None)])


def test_ids_too_have_a_domain(tmp_path: Path, demands: dict[str, Expected]) -> None:
    some = demands | {"user_id": replace(demands["user_id"], values=("u1", "u2"))}
    with pytest.raises(AnomalyError) as stopped:
        check(tmp_path, some)
    assert "user_id: expected one of 'u1', 'u2', got 37 of 39 others" in str(stopped.value)


def test_nobody_is_no_anomaly(tmp_path: Path, demands: dict[str, Expected]) -> None:
    write(tmp_path, people=[])
    card = card_in(tmp_path)
    (tmp_path / "users.jsonl").write_text('{"user": "u1", "gender": "F", "age": 20}\n')
    check_tables(tmp_path, card, read_items(tmp_path, card), demands)
    check_tables(tmp_path, card, None, demands)
