"""Blocks cover a file exactly, whatever stands in it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.blocks import parse_block, plan_blocks
from pipeline.sources.layouts import CSV, ML_1M, ML_100K, SourceError, TableFormat

FORMAT = ML_100K.events


def read(
    directory: Path, table: TableFormat, block_bytes: int = 1 << 20
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    rows, rejects = [], []
    for block in plan_blocks(directory, table, block_bytes):
        taken, broken = parse_block(block, table)
        assert len(taken) + len(broken) == block.lines
        rows += taken.to_pylist()
        rejects += broken.to_pylist()
    return rows, rejects


def test_a_hostile_file(tmp_path: Path) -> None:
    lines = [
        b"1\t2\t3\t4",
        b"",  # blank
        b"1\t2\t3",  # too short
        b"1\t2\t3\t4\t5",  # too long
        b'"1\t2\t3\t4',  # an open quote swallows nothing
        b"\xff\t2\t3\t4",  # not UTF-8
        b"5\t6\r7\t8\t9",  # a carriage return inside a line is no line end
        b"7\t8\t9\t10\r",  # but the one before a line feed is
        "é\t2\t3\t4".encode(),  # no line feed at the end of the file
    ]
    (tmp_path / "u.data").write_bytes(b"\n".join(lines))
    rows, rejects = read(tmp_path, FORMAT)
    found = {row["ordinal"]: row["user_id"] for row in rows}
    assert found == {1: "1", 2: "", 5: '"1', 6: "\ufffd", 7: "5", 8: "7", 9: "é"}
    assert [(row["line"], row["value"]) for row in rejects] == [
        (3, "1\t2\t3"),
        (4, "1\t2\t3\t4\t5"),
    ]
    assert {row["reason"] for row in rejects} == {"expected 4 values"}
    assert {row["file"] for row in rejects} == {"u.data"}


@given(
    lines=st.lists(st.text(st.sampled_from('1\té\r"'), max_size=9), max_size=20),
    block_bytes=st.integers(1, 60),
    last=st.sampled_from(["", "\n"]),
)
def test_block_size_changes_nothing(lines: list[str], block_bytes: int, last: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "u.data").write_bytes(("\n".join(lines) + last).encode())
        assert read(Path(name), FORMAT, block_bytes) == read(Path(name), FORMAT)


def test_long_separator(tmp_path: Path) -> None:
    (tmp_path / "ratings.dat").write_text("1::1193::5::978300760\n1::661::3\n2::661:3::9::1\n")
    rows, rejects = read(tmp_path, ML_1M.events)
    assert [(row["item_id"], row["timestamp"]) for row in rows] == [
        ("1193", "978300760"),
        ("661:3", "1"),
    ]
    assert [row["line"] for row in rejects] == [2]


def test_header_is_line_one(tmp_path: Path) -> None:
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,2,3.5,4\n")
    rows, _ = read(tmp_path, CSV.events)
    assert [(row["ordinal"], row["rating"]) for row in rows] == [(2, "3.5")]


def test_another_header(tmp_path: Path) -> None:
    (tmp_path / "ratings.csv").write_text("user,movie,rating,time\n1,2,3.5,4\n")
    with pytest.raises(SourceError, match=r"ratings\.csv: header: expected 'userId,movieId,"):
        read(tmp_path, CSV.events)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"u\.data: expected a file, found none"):
        read(tmp_path, FORMAT)
