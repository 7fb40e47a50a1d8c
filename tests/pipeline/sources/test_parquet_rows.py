"""Row groups of Parquet: typed columns as the text that the rest of the way takes."""

from __future__ import annotations

import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.sources.files import SourceError
from schemas.card_tables import FileFormat, TimeUnit
from tests.pipeline.sources.read import events, read

TABLE = events("log.parquet", FileFormat.PARQUET)
NOON = datetime.datetime(2001, 9, 9, 1, 46, 40, 500_000, tzinfo=datetime.UTC)  # second 10**9


def written(directory: Path, rows_per_group: int = 10, **columns: pa.Array) -> Path:
    pq.write_table(pa.table(columns), directory / "log.parquet", row_group_size=rows_per_group)
    return directory


def four(**changed: pa.Array) -> dict[str, pa.Array]:
    columns = {
        "user": pa.array([7, 8, None, 7]),
        "item": pa.array(["a", "b", "a", None]),
        "rating": pa.array([4.5, 5.0, float("nan"), None], pa.float32()),
        "time": pa.array([100, 2, 3, 4]),
        "more": pa.array([[1], [], None, [2]]),
    }
    return columns | changed


@pytest.mark.parametrize("rows_per_group", [1, 3, 10])
def test_rows_are_numbered_through_the_file(tmp_path: Path, rows_per_group: int) -> None:
    rows, broken = read(written(tmp_path, rows_per_group, **four()), TABLE)
    assert rows == {
        (0, 1): ("7", "a", "4.5", "100"),
        (0, 2): ("8", "b", "5", "2"),
        (0, 3): ("", "a", "", "3"),
        (0, 4): ("7", "", "", "4"),
    }
    assert not broken


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array([2**64 - 1] * 4, pa.uint64()), "18446744073709551615"),
        (pa.array([7.0] * 4), "7"),
        (pa.array([b"a\xff"] * 4), "a\ufffd"),
        (pa.array(["x"] * 4).dictionary_encode(), "x"),
        (pa.array(["x"] * 4, pa.large_string()), "x"),
        (pa.array([True] * 4), "true"),
        (pa.array([7] * 4, pa.decimal128(20)), "7"),
        (pa.nulls(4), ""),
    ],
    ids=["uint64", "float", "bytes", "dictionary", "large", "bool", "decimal", "null"],
)
def test_types_become_text(tmp_path: Path, column: pa.Array, expected: str) -> None:
    rows, _ = read(written(tmp_path, **four(user=column)), TABLE)
    assert rows[0, 1][0] == expected


@pytest.mark.parametrize(
    ("unit", "expected"),
    [("s", "1000000000"), ("ms", "1000000000500"), ("iso8601", "2001-09-09 01:46:40.500")],
)
@pytest.mark.parametrize("resolution", ["ms", "us", "ns"])
def test_times_are_counted_in_the_unit_of_the_card(
    tmp_path: Path, unit: str, expected: str, resolution: str
) -> None:
    column = pa.array([NOON] * 4, pa.timestamp(resolution, "UTC"))
    table = events("log.parquet", FileFormat.PARQUET, timestamp_unit=TimeUnit(unit))
    rows, _ = read(written(tmp_path, **four(time=column)), table)
    assert rows[0, 1][3].startswith(expected)


def test_what_is_no_text(tmp_path: Path) -> None:
    directory = written(tmp_path, **four(user=pa.array([{"a": 1}] * 4)))
    with pytest.raises(SourceError, match=r"log\.parquet: user: expected text, numbers, times"):
        read(directory, TABLE)


def test_a_missing_column(tmp_path: Path) -> None:
    columns = four()
    del columns["rating"]
    with pytest.raises(SourceError, match=r"log\.parquet: expected the column 'rating', got \['u"):
        read(written(tmp_path, **columns), TABLE)


def test_no_parquet(tmp_path: Path) -> None:
    (tmp_path / "log.parquet").write_text("user,item\n")
    with pytest.raises(SourceError, match=r"log\.parquet: expected a Parquet file, got "):
        read(tmp_path, TABLE)


def test_gzipped_parquet(tmp_path: Path) -> None:
    (tmp_path / "log.parquet.gz").write_bytes(b"")
    with pytest.raises(SourceError, match=r"expected Parquet, which compresses itself, got \.gz"):
        read(tmp_path, events("log.parquet.gz", FileFormat.PARQUET))
