"""Lines of JSON objects: types may differ, and a broken line costs itself alone."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.files import SourceError
from schemas.card_tables import FileFormat
from tests.pipeline.sources.read import events, read

TABLE = events("log.jsonl", FileFormat.JSONL)
GOOD = '{"user": 7, "item": "a", "rating": 4.5, "time": 100, "more": {"x": [1, null]}}'


def written(directory: Path, lines: list[str | bytes]) -> Path:
    data = [line if isinstance(line, bytes) else line.encode() for line in lines]
    (directory / "log.jsonl").write_bytes(b"\n".join(data) + b"\n")
    return directory


def test_types_become_text(tmp_path: Path) -> None:
    lines = [
        GOOD,
        '{"time": 100, "item": "b", "user": 7, "rating": 4}',
        '{"user": "7", "item": 8, "rating": "4.5", "time": "100"}',  # text for numbers
        '{"user": 7.0, "item": "a", "rating": 4.5, "time": 100}',
        # More than int64 and float64 hold, and still itself.
        '{"user": 18446744073709551617, "item": "a", "rating": 4.5, "time": 1e2}',
        '{"user": null, "item": "a"}',
    ]
    rows, broken = read(written(tmp_path, lines), TABLE)
    assert list(rows.values()) == [
        ("7", "a", "4.5", "100"),
        ("7", "b", "4", "100"),
        ("7", "8", "4.5", "100"),
        ("7", "a", "4.5", "100"),
        ("18446744073709551617", "a", "4.5", "100"),
        ("", "a", "", ""),
    ]
    assert not broken


@pytest.mark.parametrize(
    "line",
    [
        "",
        "   ",
        "null",
        "[1]",
        '{"user": 7',  # cut off
        '{"user": 7} {"user": 8}',  # two in a line
        '{"user": [7], "item": "a"}',
        '{"user": {"id": 7}, "item": "a"}',
        b'{"user": "\xff", "item": "a"}',
    ],
)
def test_a_broken_line_among_good_ones(tmp_path: Path, line: str | bytes) -> None:
    rows, broken = read(written(tmp_path, [GOOD, line, GOOD]), TABLE)
    assert list(rows) == [(0, 1), (0, 3)]
    text = line if isinstance(line, str) else line.decode(errors="replace")
    assert broken == {(0, 2): text.rstrip()}


def test_an_object_may_not_go_over_two_lines(tmp_path: Path) -> None:
    # As one stream these are three objects in three lines; as lines, two of them are broken.
    lines = ['{"user": 1, "item": 2,', '"rating": 3}', f"{GOOD} {GOOD}", GOOD]
    rows, broken = read(written(tmp_path, lines), TABLE)
    assert list(rows) == [(0, 4)]
    assert list(broken) == [(0, 1), (0, 2), (0, 3)]


VALUE = st.sampled_from([None, True, 1, 2.5, 10**20, "a", "é", "1", [1], float("nan")])
LINE = st.one_of(
    st.fixed_dictionaries({"user": VALUE, "item": VALUE}).map(json.dumps),
    st.sampled_from(["", "{", '{"user": 1}{"user": 2}', '{"user": 1,', '"x": 2}']),
)


@given(lines=st.lists(LINE, max_size=12), block_bytes=st.integers(1, 200))
def test_block_size_changes_nothing(lines: list[str], block_bytes: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        directory = written(Path(name), [GOOD, *lines])
        assert read(directory, TABLE, block_bytes) == read(directory, TABLE)


def test_many_broken_lines(tmp_path: Path) -> None:
    lines = [GOOD if number % 3 else "{" for number in range(5_000)]
    rows, broken = read(written(tmp_path, lines), TABLE)
    assert len(rows) == 3_333
    assert list(broken) == [(0, line) for line in range(1, 5_001, 3)]


def test_a_key_that_no_line_has(tmp_path: Path) -> None:
    directory = written(tmp_path, ['{"user": 1, "item": 2, "stars": 3}'])
    with pytest.raises(
        SourceError, match=r"log\.jsonl: expected the column 'rating', got \['user'"
    ):
        read(directory, TABLE)
