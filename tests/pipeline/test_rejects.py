"""What becomes of bad rows in a whole run."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest

from pipeline.adopt import adopt
from pipeline.collect import Source, collect
from pipeline.fetch import write_manifest
from pipeline.intake import open_source
from pipeline.prepare import prepare
from pipeline.rejects import RejectRateError, check_reject_rate, counted, tell_rejects
from pipeline.sources.blocks import open_events, plan_blocks
from pipeline.sources.files import SourceError
from schemas.artifacts import Artifact, build, open_artifact
from schemas.cards import CARDS, card_from_dict, load_card
from schemas.config import PrepareConfig
from tests.planted import write_planted

HOSTILE = (
    b"1\t999\t3\t874000000\n"  # unknown item
    b"\t1\t3\t874000000\n"  # nobody
    b"1\t1\t6\t874000000\n"  # outside the scale
    b"1\t1\t3\tyesterday\n"
    b"1\t1\n"
    b"\n"
    b"\xff\xfe\x00\n"
    b"2\t1\t3\t974000000\n"  # 2 saw it before, or else this is the first
    b"2\t1\t4\t974000001\n"  # again
)


def implicit_log(directory: Path, lines: str) -> Artifact:
    table = 'files = "log.csv"\nformat = "csv"\nuser_id = "user"\nitem_id = "item"\n'
    (directory / "log.toml").write_text(f'name = "log"\n[events]\n{table}')
    (directory / "log.csv").write_text("user,item\n" + lines)
    return adopt(directory / "log.toml")


def planted(directory: Path, extra: bytes) -> Artifact:
    write_planted(directory, users=10, items=60)
    with (directory / "u.data").open("ab") as file:
        file.write(extra)
    (directory / "manifest.json").unlink()
    write_manifest(directory, "planted", "a test", "ml-100k.toml")
    return open_artifact(directory)


def test_hostile_rows_are_told_apart(tmp_path: Path) -> None:
    data = planted(tmp_path / "data", HOSTILE)
    card = load_card(CARDS / "ml-100k.toml")
    files = open_events(data.path, card.events)
    blocks = list(plan_blocks(files, card.events, block_bytes=100))
    source = Source(data.path, card, ("u.data",))
    rejects = tmp_path / "rejects.jsonl"
    collect(source, blocks, 2, tmp_path)
    parts = sorted(tmp_path.glob("rejects-*.arrow"))
    reasons = tell_rejects(parts, source.event_files, rejects)

    rows = [json.loads(line) for line in rejects.read_text().splitlines()]
    read = sum(block.lines for block in blocks)
    first = read - HOSTILE.count(b"\n") + 1
    assert [row["line"] - first for row in rows][:7] == [0, 1, 2, 3, 4, 5, 6]
    assert [row["field"] for row in rows][:7] == [
        *("item_id", "user_id", "rating", "timestamp", "line", "user_id", "line")
    ]
    assert rows[-1]["line"] == read
    assert rows[-1]["reason"] == "expected one event of a user with an item"
    assert {row["file"] for row in rows} == {"u.data"}
    assert reasons.total() == len(rows)


def test_too_many_stop_the_run_and_leave_the_last_one(tmp_path: Path) -> None:
    data = planted(tmp_path / "data", HOSTILE)
    root = tmp_path / "prepared"
    last = build(root, "prepared", PrepareConfig(), {}, [], lambda out: {"kept": 1})
    expected = r"rows rejected .* max_reject_rate = 1.00%. Top"
    with pytest.raises(RejectRateError, match=expected) as failed:
        build(
            *(root, "prepared", PrepareConfig(), {"data": data}, ["pipeline"]),
            lambda out: prepare(data, PrepareConfig(), out),
        )
    kept = root / "rejected.jsonl"
    assert sorted(root.iterdir()) == sorted([root / last.version, root / "latest", kept])
    assert str(kept) in str(failed.value)
    rows = [json.loads(line) for line in kept.read_text().splitlines()]
    assert len(rows) > 1
    assert {row["file"] for row in rows} == {"u.data"}
    assert open_artifact(root).version == last.version


def test_the_rejected_rows_of_a_failed_run_go_when_one_succeeds(tmp_path: Path) -> None:
    (tmp_path / "rejected.jsonl").write_text("of an earlier run\n")
    lines = "".join(f"{user},{item}\n" for user in range(5) for item in range(5))
    prepare(implicit_log(tmp_path, lines), PrepareConfig(), _empty(tmp_path))
    assert not (tmp_path / "rejected.jsonl").exists()


def test_a_log_without_one_good_row_is_told_with_its_rows(tmp_path: Path) -> None:
    config = PrepareConfig(max_reject_rate=1.0)
    with pytest.raises(SourceError, match=r"expected a good row, got none\. Every row"):
        prepare(implicit_log(tmp_path, ",1\n2,\n"), config, _empty(tmp_path))
    assert len((tmp_path / "rejected.jsonl").read_text().splitlines()) == 2


def test_rating_labels_without_ratings_are_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"prepare\.task_label: expected implicit for log"):
        open_source(implicit_log(tmp_path, "1,1\n"), PrepareConfig(tasks=("sequential",)))


def test_the_limit_itself_is_allowed() -> None:
    reasons = Counter({"rating: bad": 1})
    check_reject_rate(100, reasons, 0.01)
    with pytest.raises(RejectRateError, match=r"1 of 99 rows .* rating: bad \(1 rows\)"):
        check_reject_rate(99, reasons, 0.01)


@pytest.mark.parametrize("rated", [True, False])
def test_repeats_speak_against_a_file_of_ratings_alone(rated: bool) -> None:
    reasons = Counter({"item_id: expected one event of a user with an item": 3, "user_id: none": 1})
    events = {"files": "log.csv", "format": "csv", "user_id": "u", "item_id": "i"}
    scale = {"rating": {"min": 1, "max": 5}} if rated else {}
    card = card_from_dict(
        {"name": "log", "events": events | ({"rating": "r"} if rated else {})} | scale, "card"
    )
    assert counted(reasons, card).total() == (4 if rated else 1)


def test_a_stream_that_is_cut_off_fails_the_run_though_the_rate_is_small(tmp_path: Path) -> None:
    lines = "".join(f"{n // 50},{n % 50},{n}\n" for n in range(20_000))
    packed = gzip.compress(("user,item,time\n" + lines).encode())
    (tmp_path / "log.csv.gz").write_bytes(packed[: len(packed) // 2])
    table = 'files = "log.csv.gz"\nformat = "csv"\nuser_id = "user"\nitem_id = "item"\n'
    (tmp_path / "log.toml").write_text(f'name = "log"\n[events]\n{table}timestamp = "time"\n')
    with pytest.raises(RejectRateError, match=r"the end of the gzip stream, .* behind is lost"):
        prepare(adopt(tmp_path / "log.toml"), PrepareConfig(), _empty(tmp_path))
    kept = json.loads((tmp_path / "rejected.jsonl").read_text())
    assert kept["file"] == "log.csv.gz"
    assert 5_000 < kept["line"] < 15_000


def test_nothing_to_learn_from(tmp_path: Path) -> None:
    data = planted(tmp_path / "data", b"")
    (data.path / "u.data").write_bytes(b"")
    config = PrepareConfig(max_reject_rate=1.0)
    with pytest.raises(SourceError, match=r"u\.data: expected events, got none"):
        prepare(data, config, _empty(tmp_path))


def _empty(tmp_path: Path) -> Path:
    out = tmp_path / "out"
    out.mkdir()
    return out
