"""A schema in a whole run: events that are turned away, runs that stop, outputs that stay."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.adopt import adopt
from pipeline.cleaning import clean
from pipeline.collect import Source, collect
from pipeline.fetch import write_manifest
from pipeline.prepare import prepare
from pipeline.rejects import RejectRateError, check_reject_rate, tell_rejects
from pipeline.sources.blocks import open_events, plan_blocks
from pipeline.validation.choose import schema_file, schema_input
from pipeline.validation.expected import Expected
from pipeline.validation.infer import infer_to
from pipeline.validation.tables import AnomalyError
from schemas.artifacts import Artifact, build, open_artifact
from schemas.cards import CARDS, card_from_dict
from schemas.config import PrepareConfig
from tests.pipeline.validation.build import EVENTS, ITEMS, card_in, inferred, item, write

TABLE = {"files": "x", "format": "csv", "user_id": "u", "item_id": "i"}
SCALED = card_from_dict(
    {
        "name": "scaled",
        "events": TABLE | {"rating": "r", "timestamp": "t"},
        "rating": {"min": 0.1, "max": 5},
    },
    "here",
)
STRANGE = ("u1,i3,3,1072915199", "u9,i4,3,1100000000", "u2,i5,4.5,1546300800", "u2,i6,7,1")


def test_events_outside_are_rejects_like_others(tmp_path: Path) -> None:
    demands = inferred(write(tmp_path / "good"), tmp_path / "a.pbtxt")
    demands["user_id"] = replace(demands["user_id"], values=("u1", "u2"))
    data = write(tmp_path / "data", [*EVENTS[:2], *STRANGE, *EVENTS[2:]])
    card = card_in(data.path)
    files = open_events(data.path, card.events)
    blocks = list(plan_blocks(files, card.events, block_bytes=40))
    source = Source(data.path, card, tuple(file.name for file in files), demands)
    collect(source, blocks, 2, tmp_path)
    parts = sorted(tmp_path.glob("rejects-*.arrow"))
    reasons = tell_rejects(parts, source.event_files, tmp_path / "rejects.jsonl")
    years = "1072915200 (2004-01-01T00:00:00) to 1546300799 (2018-12-31T23:59:59)"
    # The header is line 1, two good events follow. What breaks a rule of the card is told first.
    expected = [
        (4, "timestamp", "1072915199", f"expected {years}, as the schema says"),
        (5, "user_id", "u9", "expected one of 'u1', 'u2', as the schema says"),
        (6, "timestamp", "1546300800", f"expected {years}, as the schema says"),
        (7, "rating", "7", "expected a number from 0.1 to 5.0"),
    ]
    found = [json.loads(line) for line in (tmp_path / "rejects.jsonl").read_text().splitlines()]
    assert found == [
        {"file": "events.csv", "line": line, "field": field, "reason": reason, "value": value}
        for line, field, value, reason in expected
    ]
    assert reasons.total() == 4
    with pytest.raises(RejectRateError, match=r"4 of 7 rows .* as the schema says \(2 rows\)"):
        check_reject_rate(7, reasons, 0.5)


def test_a_narrower_scale() -> None:
    columns = {"user_id": "u", "item_id": "i", "rating": "0.1", "timestamp": "5"}
    rows = pa.record_batch({name: pa.array([value]) for name, value in columns.items()})
    rows = rows.append_column("ordinal", pa.array([1]))
    # As float32 in a schema, 0.1 is 0.10000000149, and the rating is still not below it.
    least = Expected(low=0.10000000149011612)
    assert len(clean(rows, SCALED, None, {"rating": least})[0]) == 1
    above = Expected(low=0.2, high=5.0)
    rejects = clean(rows, SCALED, None, {"rating": above})[1].to_pylist()
    assert [row["reason"] for row in rejects] == ["expected 0.2 to 5.0, as the schema says"]


def run(data: Artifact, root: Path, config: PrepareConfig) -> Artifact:
    """The stage as the commands run it."""
    inputs = {"data": data} | schema_input(data, config)
    return build(root, "prepared", config, inputs, [], lambda out: prepare(data, config, out))


@pytest.mark.parametrize(
    ("spoil", "error", "message"),
    [
        (
            lambda directory: write(directory, items=[*ITEMS, item(50, colour="green")]),
            AnomalyError,
            "item_features.colour: expected one of 'blue', 'red', got 1 of 41 others",
        ),
        (
            lambda directory: write(directory, events=[*EVENTS, *STRANGE]),
            RejectRateError,
            r"rows rejected .* Top reasons: timestamp: expected 1072915200 .*as the schema says",
        ),
        (
            lambda directory: (directory / "shop.pbtxt").write_text("feature { name: 'x' }"),
            ValueError,
            "shop.pbtxt: feature 'x': expected a column that the card shop reads",
        ),
    ],
    ids=["item", "events", "schema"],
)
def test_a_run_that_stops_leaves_the_last_one(
    tmp_path: Path, spoil: Callable[[Path], object], error: type[Exception], message: str
) -> None:
    directory, root = tmp_path / "data", tmp_path / "prepared"
    infer_to(write(directory), directory / "shop.pbtxt")
    last = build(root, "prepared", PrepareConfig(), {}, [], lambda out: {"kept": 1})
    spoil(directory)
    with pytest.raises(error, match=message):
        run(adopt(directory / "shop.toml"), root, PrepareConfig())
    left = {path.name for path in root.iterdir()} - {"rejected.jsonl"}
    assert left == {last.version, "latest"}
    assert open_artifact(root).version == last.version


def test_which_schema(tmp_path: Path) -> None:
    data = write(tmp_path / "data")
    assert schema_file(data, PrepareConfig()) is None
    assert schema_input(data, PrepareConfig()) == {}
    beside = tmp_path / "data" / "shop.pbtxt"
    infer_to(data, beside)
    assert schema_file(data, PrepareConfig()) == beside
    other = tmp_path / "other.pbtxt"
    infer_to(data, other)
    assert schema_file(data, PrepareConfig(schema=str(other))) == other
    with pytest.raises(ValueError, match=r"prepare\.schema: expected a file, found none at /no"):
        schema_file(data, PrepareConfig(schema="/no/such.pbtxt"))

    (tmp_path / "ml").mkdir()
    write_manifest(tmp_path / "ml", "any", "a test", "ml-1m.toml")
    found = schema_file(open_artifact(tmp_path / "ml"), PrepareConfig())
    assert found == CARDS / "ml-1m.pbtxt"


def test_an_edited_schema_is_another_input(tmp_path: Path) -> None:
    data = write(tmp_path)
    path = tmp_path / "shop.pbtxt"
    infer_to(data, path)
    first = schema_input(data, PrepareConfig())["schema"].reference
    path.write_text(path.read_text() + "# a remark\n")
    assert schema_input(data, PrepareConfig())["schema"].reference != first


def test_what_was_enforced_is_kept(prepared: Artifact) -> None:
    kept = (prepared.path / "source_schema.pbtxt").read_bytes()
    assert kept == (CARDS / "ml-100k.pbtxt").read_bytes()
