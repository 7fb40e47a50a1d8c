"""Lines of separated values: whatever stands in one costs that line alone."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.files import SourceError
from tests.pipeline.sources.read import events, read

NAMES = ("user", "item", "rating", "time")
TABS = events("u.data", separator="\t", quoted=False, columns=NAMES)
QUOTED = events("u.data", columns=NAMES)


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
    rows, broken = read(tmp_path, TABS)
    assert {line: row[0] for (_, line), row in rows.items()} == {
        **{1: "1", 2: "", 5: '"1', 6: "\ufffd", 7: "5", 8: "7", 9: "é"}
    }
    assert broken == {(0, 3): "1\t2\t3", (0, 4): "1\t2\t3\t4\t5"}


def test_quotes(tmp_path: Path) -> None:
    lines = [
        '"a,b",2,3,4',
        '"say ""hi""",2,3,4',
        '5" disk,2,3,4',  # a quote inside a value is one
        '"open,2,3,4',
        "1,2,3,4",  # is not swallowed
        'x",2,3,"4',  # the quotes are even in number, and yet one is open
        "1,2",
        'last,2,3,"open',
    ]
    (tmp_path / "u.data").write_text("\n".join(lines) + "\n")
    rows, broken = read(tmp_path, QUOTED)
    assert {line: row[0] for (_, line), row in rows.items()} == {
        **{1: "a,b", 2: 'say "hi"', 3: '5" disk', 5: "1"}
    }
    assert broken == {(0, line): lines[line - 1] for line in (4, 6, 7, 8)}


@pytest.mark.parametrize("table", [TABS, QUOTED], ids=["tabs", "quoted"])
@given(
    lines=st.lists(st.text(st.sampled_from('1\té\r",'), max_size=12), max_size=20),
    block_bytes=st.integers(1, 60),
    last=st.sampled_from(["", "\n"]),
)
def test_block_size_changes_nothing(
    table: object, lines: list[str], block_bytes: int, last: str
) -> None:
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "u.data").write_bytes(("\n".join(lines) + last).encode())
        together = read(Path(name), table)  # type: ignore[arg-type]
        assert read(Path(name), table, block_bytes) == together  # type: ignore[arg-type]


def test_long_separator(tmp_path: Path) -> None:
    (tmp_path / "u.data").write_text("1::1193::5::978300760\n1::661::3\n2::661:3::9::1\n")
    table = events("u.data", separator="::", quoted=False, columns=NAMES)
    rows, broken = read(tmp_path, table)
    assert [row[1] for row in rows.values()] == ["1193", "661:3"]
    assert list(broken) == [(0, 2)]


def test_the_header_is_line_one_and_says_where_the_columns_are(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b'\xef\xbb\xbf"time",item,x,rating,user\r\n4,2,?,3.5,1\r\n')
    (tmp_path / "b.csv").write_text("user,item,rating,time\n5,6,7,8\n")
    rows, _ = read(tmp_path, events("*.csv"))
    assert rows == {(0, 2): ("1", "2", "3.5", "4"), (1, 2): ("5", "6", "7", "8")}


def test_latin_1(tmp_path: Path) -> None:
    (tmp_path / "u.data").write_bytes("é,ü,3,4\n".encode("latin-1"))
    rows, _ = read(tmp_path, events("u.data", columns=NAMES, encoding="latin-1"))
    assert rows[0, 1] == ("é", "ü", "3", "4")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("user,item,rating\n", r"a\.csv: expected the column 'time', got \['user', 'item', 'rat"),
        ("user,user\n", r"a\.csv: header: expected each name once, got \['user', 'user'\]"),
        ("", r"a\.csv: expected a header line, got none"),
        ("\n1,2\n", r"a\.csv: expected a header line, got none"),
    ],
)
def test_headers_that_do_not_do(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "a.csv").write_text(content)
    with pytest.raises(SourceError, match=message):
        read(tmp_path, events("a.csv"))


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"u\.data: expected a file, found none"):
        read(tmp_path, TABS)
    with pytest.raises(SourceError, match=r"\*\.csv: expected files that match, found none"):
        read(tmp_path, events("*.csv"))


def test_a_column_mapped_that_columns_lack(tmp_path: Path) -> None:
    (tmp_path / "u.data").write_text("1,2,3\n")
    with pytest.raises(SourceError, match=r"u\.data: expected the column 'time', got \['user',"):
        read(tmp_path, events("u.data", columns=("user", "item", "rating")))
