"""What is inferred, by hand; and that whatever it is inferred from satisfies it."""

from __future__ import annotations

import math
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cleaning import clean
from pipeline.sources.blocks import open_events, plan_blocks, read_block
from pipeline.sources.files import SourceError
from pipeline.sources.items import read_items
from pipeline.times import LATEST
from pipeline.validation.expected import Expected
from pipeline.validation.infer import infer_schema, infer_to
from pipeline.validation.tables import check_tables
from pipeline.validation.text import schema_text
from schemas.artifacts import Artifact
from schemas.columns import ITEM_ID
from tests.pipeline.validation.build import (
    EVENTS,
    ITEMS,
    card_in,
    inferred,
    item,
    person,
    write,
)


def test_every_kind_of_column(tmp_path: Path) -> None:
    # Years from the beginning of that of the oldest event to the end of the tenth after the
    # newest's: 1100000000 is in 2004 and 1200000000 in 2008, MADE in 2001.
    # Prices are 0, 0.1 ... 3.9, but 0.1 * 39 is 3.9000000000000004, and both are the same float32.
    assert inferred(write(tmp_path), tmp_path / "a.pbtxt") == {
        "user_id": Expected(min_fraction=1),
        "item_id": Expected(min_fraction=1),
        "rating": Expected(min_fraction=1, low=pytest.approx(0.1), high=5),
        "timestamp": Expected(min_fraction=1, low=1072915200, high=1546300799, is_time=True),
        "title": Expected(min_fraction=1),
        "words": Expected(min_fraction=1),
        "colour": Expected(min_fraction=1, values=("blue", "red")),
        "tags": Expected(min_fraction=1, values=("new", "small"), fewest=1, most=2),
        "price": Expected(min_fraction=1, low=0, high=pytest.approx(3.9)),
        "made": Expected(min_fraction=1, low=978307200, high=1325375999, is_time=True),
        "gender": Expected(min_fraction=1, values=("F", "M")),
        "age": Expected(min_fraction=1, low=20, high=59),
    }


def test_values_that_are_not_there(tmp_path: Path) -> None:
    missing = [
        item(100, title="", words="", tags=[], colour=None, price=None, made=None) for _ in range(1)
    ]
    found = inferred(write(tmp_path, items=[*ITEMS[:6], *missing]), tmp_path / "a.pbtxt")
    # 6 of 7 rows have a value: 0.857 rounded down to two digits.
    for name in ("title", "words", "tags", "colour", "price", "made"):
        assert found[name].min_fraction == 0.85


def test_a_feature_that_no_row_has(tmp_path: Path) -> None:
    items = [item(n, colour="", tags=[], price=None, made=None) for n in range(40)]
    found = inferred(write(tmp_path, items=items), tmp_path / "a.pbtxt")
    assert found["colour"] == found["tags"] == found["price"] == Expected()
    assert found["made"] == Expected(is_time=True)


@pytest.mark.parametrize(
    ("distinct", "rows", "closed"),
    [(100, 1000, True), (101, 1020, False), (4, 40, True), (4, 39, False)],
)
def test_a_small_set_of_values_that_repeat_is_closed(
    tmp_path: Path, distinct: int, rows: int, closed: bool
) -> None:
    items = [item(n, colour=f"c{n % distinct:03}", tags=[f"t{n % distinct}"]) for n in range(rows)]
    found = inferred(write(tmp_path, items=items), tmp_path / "a.pbtxt")
    assert len(found["colour"].values) == len(found["tags"].values) == (distinct if closed else 0)
    assert list(found["colour"].values) == sorted(found["colour"].values)


def test_neither_ratings_nor_times_nor_anything_known(tmp_path: Path) -> None:
    bare = 'name = "shop"\n[events]\nfiles = "events.csv"\nformat = "csv"\n'
    data = write(tmp_path, card=f'{bare}user_id = "user"\nitem_id = "item"\n')
    assert list(inferred(data, tmp_path / "a.pbtxt")) == ["user_id", "item_id"]


def test_broken_events_are_not_looked_at(tmp_path: Path) -> None:
    before = infer_schema(write(tmp_path / "a"))
    broken = ["u1,i1,3,5e9x", "u1,i1,9,2000000000", "u1,nothing,3,2000000000", "u1"]
    assert infer_schema(write(tmp_path / "b", [*EVENTS, *broken])) == before
    with pytest.raises(SourceError, match=r"events\.csv: expected events, got none"):
        infer_schema(write(tmp_path / "c", broken))


def test_neither_order_nor_files_matter(tmp_path: Path) -> None:
    first = write(tmp_path / "a")
    second = write(tmp_path / "b", EVENTS[:1], ITEMS[::-1])
    (second.path / "events2.csv").write_text("\n".join(["user,item,stars,time", *EVENTS[1:]]))
    texts = [schema_text(infer_schema(d), card_in(d.path)) for d in (first, second)]
    assert texts[0] == texts[1]


def test_progress(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    infer_schema(write(tmp_path), lambda *step: told.append(step))
    assert told == [("events read", 3, 3)]


def test_what_was_inferred_is_written_anew_and_what_was_edited_is_not(tmp_path: Path) -> None:
    data, path = write(tmp_path), tmp_path / "a.pbtxt"
    infer_to(data, path)
    first = path.read_text()
    assert "# As inferred: " in first and "# People\n" in first
    more = write(tmp_path, items=[*ITEMS, item(100, price=77)])
    infer_to(more, path)
    second = path.read_text()
    assert second != first and "max: 77.0" in second

    for edited in (second.replace("77.0", "99.0"), second.replace("# Items", "# Goods"), "x"):
        path.write_text(edited)
        with pytest.raises(ValueError, match=r"a\.pbtxt: expected .* got one that was edited"):
            infer_to(data, path)
        assert path.read_text() == edited
    infer_to(data, path, overwrite=True)
    assert path.read_text() == second
    assert {file.name for file in tmp_path.iterdir()} == {
        *("a.pbtxt", "shop.toml", "events.csv", "items.jsonl", "users.jsonl")
    }


TEXT = st.sampled_from(["", "red", 'a "b"\\', "été", "x\ty", "#", " 日本 ", "{}"])
NUMBER = st.none() | st.floats(width=32, allow_nan=False, allow_infinity=False)
TIME = st.none() | st.integers(-(2**40), LATEST)
THING = st.fixed_dictionaries(
    {
        **{"title": TEXT, "words": TEXT, "colour": TEXT, "price": NUMBER, "made": TIME},
        "tags": st.lists(TEXT, max_size=4),
    }
)
SOMEBODY = st.fixed_dictionaries({"gender": TEXT, "age": NUMBER})
EVENT = st.tuples(
    st.sampled_from(["u0", "u1", "nobody", ""]),
    st.sampled_from(["i0", "i1", "nothing"]),
    st.sampled_from(["0.1", "5", "3.3", "0", "x"]),
    st.one_of(st.integers(0, 250_000_000_000).map(str), st.just("-1")),
)


def rejected(data: Artifact, demands: dict[str, Expected] | None) -> list[dict[str, object]]:
    """Every event that is turned away."""
    card, directory = card_in(data.path), data.path
    items = read_items(directory, card)
    assert items is not None
    return [
        row
        for block in plan_blocks(open_events(directory, card.events), card.events)
        for rows, _ in read_block(block, card.events)
        for row in clean(rows, card, items.column(ITEM_ID), demands)[1].to_pylist()
    ]


@settings(max_examples=40)
@given(
    things=st.lists(THING, min_size=2, max_size=30),
    people=st.lists(SOMEBODY, min_size=1, max_size=30),
    events=st.lists(EVENT, max_size=20),
)
def test_data_satisfy_what_was_inferred_from_them(
    tmp_path_factory: pytest.TempPathFactory,
    things: list[dict[str, object]],
    people: list[dict[str, object]],
    events: list[tuple[str, ...]],
) -> None:
    directory = tmp_path_factory.mktemp("data")
    data = write(
        directory,
        ["u0,i0,4,1000", *map(",".join, events)],
        [item(n, **values) for n, values in enumerate(things)],
        [person(n, **values) for n, values in enumerate(people)],
    )
    demands = inferred(data, directory / "a.pbtxt")
    card = card_in(directory)
    check_tables(directory, card, read_items(directory, card), demands)
    assert rejected(data, demands) == rejected(data, None)


def test_values_of_a_batch_are_judged_one_by_one() -> None:
    closed = Expected(values=("a",))
    assert closed.outside(pa.array(["a", "b", "a"])).tolist() == [False, True, False]
    between = Expected(low=0.1, high=math.inf)
    assert between.outside(pa.array([0.1, 0.05], pa.float32())).tolist() == [False, True]
