"""Features of every kind, from every format that a catalogue may come in."""

from __future__ import annotations

import datetime
import gzip
import json
import math
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.sources.files import SourceError
from pipeline.sources.items import read_items
from schemas.cards import Card, card_from_dict

ROWS: list[dict[str, Any]] = [
    {
        "sku": "a1",
        "name": "Oat milk (1 l)",
        "labels": ["vegan", "organic"],
        "price": 2.5,
        "added": datetime.datetime(2001, 9, 9, 1, 46, 40, tzinfo=datetime.UTC),  # second 10**9
        "about": "Creamy, for coffee",
    },
    {"sku": "7", "name": "none", "labels": [], "price": None, "added": None, "about": None},
]
FEATURES = {
    "title": {"kind": "display", "column": "name", "pattern": r"^(.*?) \("},
    "volume": {"kind": "numeric", "column": "name", "pattern": r"(\d+) l\)"},
    "brand": {"kind": "categorical", "column": "name", "missing": ["none"]},
    "labels": {"kind": "multi_categorical", "separator": ";", "missing": ["organic"]},
    "price": "numeric",
    "added": {"kind": "timestamp", "unit": "iso8601"},
    "words": {"kind": "text", "column": ["name", "about"]},
}
EXPECTED = [
    {
        "item_id": "7",
        "title": "none",
        "volume": None,
        "brand": "",
        "labels": [],
        "price": None,
        "added": 0,
        "words": "none ",
    },
    {
        "item_id": "a1",
        "title": "Oat milk",
        "volume": 1.0,
        "brand": "Oat milk (1 l)",
        "labels": ["vegan"],
        "price": 2.5,
        "added": 10**9,
        "words": "Oat milk (1 l) Creamy, for coffee",
    },
]


def card(files: str, form: str, features: dict[str, Any], **options: Any) -> Card:
    table = {"files": files, "format": form}
    raw = {
        "name": "shop",
        "events": table | {"user_id": "user", "item_id": "sku"},
        "items": table | {"item_id": "sku"} | options,
        "item_features": features,
    }
    return card_from_dict(raw, "here")


def read(directory: Path, files: str, form: str, **options: Any) -> list[dict[str, Any]]:
    items = read_items(directory, card(files, form, FEATURES, **options))
    assert items is not None
    return [
        {n: None if isinstance(v, float) and math.isnan(v) else v for n, v in row.items()}
        for row in items.to_pylist()
    ]


def plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime.datetime) else value


def as_cell(value: Any) -> str:
    if isinstance(value, list):
        return ";".join(value)
    return "" if value is None else str(value)


def test_csv(tmp_path: Path) -> None:
    lines = ["about,sku,name,labels,price,added"]
    for row in ROWS:
        values = [plain(row[name]) for name in lines[0].split(",")]
        lines.append(",".join(f'"{as_cell(value)}"' for value in values))
    text = "\n".join(lines) + "\n"
    (tmp_path / "items.csv.gz").write_bytes(gzip.compress(text.encode()))
    assert read(tmp_path, "items.csv.gz", "csv") == EXPECTED
    # In a catalogue, unlike in the events, a quoted value may go over several lines.
    (tmp_path / "items.csv").write_text(text.replace("Creamy, for", "Creamy,\nfor"))
    assert read(tmp_path, "items.csv", "csv")[1]["words"] == "Oat milk (1 l) Creamy,\nfor coffee"


def test_json_lines(tmp_path: Path) -> None:
    lines = [json.dumps(row, default=plain) for row in ROWS]
    lines[1] = lines[1].replace('"7"', "7")
    (tmp_path / "items.jsonl").write_text("\n".join(lines))
    assert read(tmp_path, "items.jsonl", "jsonl") == EXPECTED


def test_parquet(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "items.parquet")
    assert read(tmp_path, "items.parquet", "parquet") == EXPECTED


def test_several_files(tmp_path: Path) -> None:
    for number, row in enumerate(ROWS):
        (tmp_path / f"items-{number}.jsonl").write_text(json.dumps(row, default=plain))
    assert read(tmp_path, "items-*.jsonl", "jsonl") == EXPECTED


def test_flags(tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text("sku,A,B,C\n1,1,0,1\n2,0,0,0\n3,true,,True\n")
    features = {"tags": {"kind": "multi_categorical", "flags": ["A", "B", "C"], "missing": ["C"]}}
    found = read_items(tmp_path, card("items.csv", "csv", features))
    assert found is not None
    assert found.column("tags").to_pylist() == [["A"], [], ["A"]]


def test_codes_are_what_they_stand_for(tmp_path: Path) -> None:
    (tmp_path / "stock.csv").write_text("sku,group\nb,56\na,1\nc,\n")
    group = {"kind": "categorical", "column": "group", "mapping": "age_groups"}
    found = read_items(tmp_path, card("stock.csv", "csv", {"age": group}))
    assert found is not None
    assert found.column("age").to_pylist() == ["under 18", "56 and over", ""]
    (tmp_path / "stock.csv").write_text("sku,group\na,2\n")
    with pytest.raises(SourceError, match=r"age: age_groups: expected one of .*'56'.*, got '2'"):
        read_items(tmp_path, card("stock.csv", "csv", {"age": group}))
    with pytest.raises(ValueError, match=r"mapping: expected one of \['age_groups', .*got 'ages'"):
        card("stock.csv", "csv", {"age": group | {"mapping": "ages"}})


def test_no_catalogue(tmp_path: Path) -> None:
    table = {"files": "x.csv", "format": "csv", "user_id": "user", "item_id": "sku"}
    assert read_items(tmp_path, card_from_dict({"name": "bare", "events": table}, "here")) is None


@pytest.mark.parametrize(
    ("line", "feature", "message"),
    [
        ('{"sku": 1, "x": "old"}', "numeric", r"items\.jsonl: x: expected numbers, got .*old"),
        ('{"sku": 1, "x": "inf"}', "numeric", "x: expected finite numbers, got infinity"),
        ('{"sku": 1, "x": "soon"}', "timestamp", "x: expected whole seconds, got 'soon'"),
        ('{"sku": 1, "x": [1]}', "categorical", "x: expected one value a row, got lists in the"),
        ('{"sku": 1, "x": {"y": 1}}', "text", r"items\.jsonl: x: expected text, a number or null"),
        ('{"sku": 1}', "text", r"items\.jsonl: expected the column 'x', got \['sku'\]"),
        ('{"sku": 1, "x": 1}\nnonsense', "text", "line 2: expected a JSON object, got nonsense"),
        ('{"sku": null, "x": 1}', "text", "sku: expected an id, got none in data row 1"),
        ('{"sku": "a\\nb", "x": 1}', "text", "sku: expected an id without line end, got 'a.nb'"),
        ('{"sku": [1], "x": 1}', "text", "sku: expected an id, got a list"),
        ('{"sku": 1, "x": 1}\n{"sku": "1", "x": 1}', "text", "expected each id once, got '1' 2 ti"),
        (
            '{"sku": 1, "x": ["a"]}',
            {"kind": "multi_categorical", "pattern": "(a)"},
            "x: pattern: expected text to search, got lists",
        ),
    ],
)
def test_what_is_turned_away(tmp_path: Path, line: str, feature: Any, message: str) -> None:
    (tmp_path / "items.jsonl").write_text(line)
    with pytest.raises(SourceError, match=message):
        read_items(tmp_path, card("items.jsonl", "jsonl", {"x": feature}))
