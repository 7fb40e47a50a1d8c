"""A hostile file of every format: each kind of broken row, what came out and what was rejected why.

Rows accepted and rows rejected are together the lines read, and the line of a reject is the one
that is broken.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.collect import Source, collect
from pipeline.rejects import tell_rejects
from pipeline.sources.blocks import open_events, plan_blocks
from schemas.cards import Card, card_from_dict

RATING = "expected a number from 1.0 to 5.0"
TIME = "expected whole seconds from 1970 on"
NO_ID = "expected an id, got none"
UNKNOWN = "expected an item of the catalogue"
AGAIN = "expected one event of a user with an item"
OBJECT = "expected a JSON object, with text or a number as 'user', 'item', 'rating', 'time'"
CUT_OFF = "expected the end of the gzip stream, got the end of the file"


class Fault(NamedTuple):
    """A broken row: what stands in the file, and as what it is rejected."""

    row: object
    field: str
    reason: str


CSV = {
    "wrong type": Fault("u,b,four,5", "rating", RATING),
    "out of range": Fault("u,b,6,5", "rating", RATING),
    "NaN": Fault("u,b,nan,5", "rating", RATING),
    "no rating": Fault("u,b,,5", "rating", RATING),
    "no user": Fault(",b,3,5", "user_id", NO_ID),
    "no item": Fault("u, ,3,5", "item_id", NO_ID),
    "bad time": Fault("u,b,3,yesterday", "timestamp", TIME),
    "before 1970": Fault("u,b,3,-1", "timestamp", TIME),
    "milliseconds": Fault("u,b,3,1700000000000", "timestamp", TIME),
    "unknown item": Fault("u,zz,3,5", "item_id", UNKNOWN),
    "again": Fault("first,a,5,9", "item_id", AGAIN),
    "wrong encoding": Fault(b"\xff\xfe,b,3,5", "user_id", "expected UTF-8"),
    "too short": Fault("u,b,3", "line", "expected 4 values"),
    "too long": Fault("u,b,3,5,6", "line", "expected 4 values"),
    "open quote": Fault('"u,b,3,5', "line", "expected 4 values"),
    "blank": Fault("", "user_id", NO_ID),
}
JSONL = {
    "wrong type": Fault(
        '{"user": "u", "item": "b", "rating": "four", "time": 5}', "rating", RATING
    ),
    "out of range": Fault('{"user": "u", "item": "b", "rating": 6, "time": 5}', "rating", RATING),
    "NaN": Fault('{"user": "u", "item": "b", "rating": NaN, "time": 5}', "rating", RATING),
    "null": Fault('{"user": "u", "item": "b", "rating": null, "time": 5}', "rating", RATING),
    "no user": Fault('{"item": "b", "rating": 3, "time": 5}', "user_id", NO_ID),
    "no item": Fault('{"user": "u", "item": "", "rating": 3, "time": 5}', "item_id", NO_ID),
    "bad time": Fault('{"user": "u", "item": "b", "rating": 3, "time": "1st"}', "timestamp", TIME),
    "half a second": Fault(
        '{"user": "u", "item": "b", "rating": 3, "time": 5.5}', "timestamp", TIME
    ),
    "unknown item": Fault('{"user": "u", "item": "z", "rating": 3, "time": 5}', "item_id", UNKNOWN),
    "again": Fault('{"user": "first", "item": "a", "rating": 3, "time": 9}', "item_id", AGAIN),
    "list": Fault('{"user": ["u"], "item": "b", "rating": 3, "time": 5}', "line", OBJECT),
    "wrong encoding": Fault(
        b'{"user": "\xff", "item": "b", "rating": 3, "time": 5}', "line", OBJECT
    ),
    "cut off": Fault('{"user": "u", "item": "b", "rat', "line", OBJECT),
    "two in a line": Fault('{"user": "u"} {"user": "v"}', "line", OBJECT),
    "no object": Fault('["u", "b", 3, 5]', "line", OBJECT),
    "line end in an id": Fault(
        '{"user": "u\\nv", "item": "b", "rating": 3, "time": 5}',
        "user_id",
        "expected an id without line end",
    ),
    "blank": Fault("", "line", OBJECT),
}
PARQUET = {
    "out of range": Fault((b"u", "b", 6.0, 5), "rating", RATING),
    "NaN": Fault((b"u", "b", float("nan"), 5), "rating", RATING),
    "null": Fault((b"u", "b", None, 5), "rating", RATING),
    "no user": Fault((None, "b", 3.0, 5), "user_id", NO_ID),
    "no item": Fault((b"u", "", 3.0, 5), "item_id", NO_ID),
    "before 1970": Fault((b"u", "b", 3.0, -5), "timestamp", TIME),
    "no time": Fault((b"u", "b", 3.0, None), "timestamp", TIME),
    "unknown item": Fault((b"u", "zz", 3.0, 5), "item_id", UNKNOWN),
    "again": Fault((b"first", "a", 3.0, 9), "item_id", AGAIN),
    "wrong encoding": Fault((b"\xff", "b", 3.0, 5), "user_id", "expected UTF-8"),
}
PARQUET_TYPES = pa.schema(
    [("user", pa.binary()), ("item", "string"), ("rating", "float"), ("time", "int64")]
)
GOOD = {
    "csv": ("first,a,3,1", "last,c,5,9"),
    "jsonl": (
        '{"user": "first", "item": "a", "rating": 3, "time": 1}',
        '{"user": "last", "item": "c", "rating": 5, "time": 9}',
    ),
    "parquet": ((b"first", "a", 3.0, 1), (b"last", "c", 5.0, 9)),
}


def card(files: str, form: str) -> Card:
    mapped = {"user_id": "user", "item_id": "item", "rating": "rating", "timestamp": "time"}
    raw = {
        "name": "hostile",
        "events": {"files": files, "format": form} | mapped,
        "rating": {"min": 1, "max": 5},
        "items": {"files": "items.csv", "format": "csv", "item_id": "item"},
    }
    return card_from_dict(raw, "here")


def lines_of(rows: Iterable[object]) -> bytes:
    return b"".join((r if isinstance(r, bytes) else str(r).encode()) + b"\n" for r in rows)


def run(
    tmp_path: Path, files: str, form: str
) -> tuple[int, list[tuple[str, str]], dict[int, tuple[str, str]]]:
    """Lines read, the (user, item) of every accepted event, and every reject by its line."""
    (tmp_path / "items.csv").write_text("item\na\nb\nc\n")
    described = card(files, form)
    opened = open_events(tmp_path, described.events)
    blocks = list(plan_blocks(opened, described.events))
    work = tmp_path / "work"
    work.mkdir()
    source = Source(tmp_path, described, tuple(file.name for file in opened))
    collect(source, blocks, 2, work)
    parts = sorted(work.glob("rejects-*.arrow"))
    tell_rejects(parts, source.event_files, work / "rejects.jsonl")
    rejects = [json.loads(line) for line in (work / "rejects.jsonl").read_text().splitlines()]
    assert {row["file"] for row in rejects} == {files}
    accepted = [
        (row["user_id"], item)
        for path in sorted(work.glob("profiles-*.arrow"))
        for row in pa.ipc.open_file(str(path)).read_all().to_pylist()
        for item in row["history_item_id"]
    ]
    by_line = {row["line"]: (row["field"], row["reason"]) for row in rejects}
    assert len(by_line) == len(rejects)
    return sum(block.lines for block in blocks), sorted(accepted), by_line


@pytest.mark.parametrize(
    ("files", "form", "faults"),
    [
        ("log.csv", "csv", CSV),
        ("log.csv.gz", "csv", CSV),
        ("log.jsonl", "jsonl", JSONL),
        ("log.jsonl.gz", "jsonl", JSONL),
        ("log.parquet", "parquet", PARQUET),
    ],
)
def test_every_fault_among_good_rows(
    tmp_path: Path, files: str, form: str, faults: dict[str, Fault]
) -> None:
    first, last = GOOD[form]
    rows = [first, *(fault.row for fault in faults.values()), last]
    header = ["user,item,rating,time"] if form == "csv" else []
    if form == "parquet":
        columns = dict(zip(PARQUET_TYPES.names, zip(*rows, strict=True), strict=True))
        pq.write_table(pa.table(columns, PARQUET_TYPES), tmp_path / files, row_group_size=3)
    else:
        data = lines_of([*header, *rows])
        (tmp_path / files).write_bytes(gzip.compress(data) if files.endswith("gz") else data)

    read, accepted, rejected = run(tmp_path, files, form)
    assert accepted == [("first", "a"), ("last", "c")]
    first_fault = len(header) + 2
    found = dict(
        zip(faults, (rejected.get(first_fault + n) for n in range(len(faults))), strict=True)
    )
    assert found == {name: (fault.field, fault.reason) for name, fault in faults.items()}
    assert len(accepted) + len(rejected) == read == len(rows)


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_gzip_stream_that_ends_in_the_middle_of_a_line(tmp_path: Path, form: str) -> None:
    first, last = GOOD[form]
    header = ["user,item,rating,time"] if form == "csv" else []
    # Stored, not deflated: behind the last line are only the 8 bytes of the checksum.
    packed = gzip.compress(lines_of([*header, first, last]), compresslevel=0)
    (tmp_path / "log.gz").write_bytes(packed[:-12])
    read, accepted, rejected = run(tmp_path, "log.gz", form)
    assert accepted == [("first", "a")]
    assert rejected == {len(header) + 2: ("line", CUT_OFF)}
    assert len(accepted) + len(rejected) == read
