"""Gzipped files: the same lines as plain ones, in bounded memory, up to where the stream breaks."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest

from pipeline.sources import lines
from pipeline.sources.files import SourceError
from pipeline.sources.lines import Chunk, chunks, head, read_whole
from schemas.card_tables import FileFormat
from tests.pipeline.sources.read import events, read

RANDOM = random.Random(1)  # noqa: S311
ROWS = [f"{n},{RANDOM.random()},{n % 5},{n}" for n in range(20_000)]
CONTENT = ("user,item,rating,time\n" + "\n".join(ROWS) + "\n").encode()
TABLE = events("log.csv*")


def test_same_as_plain(tmp_path: Path) -> None:
    (tmp_path / "log.csv.gz").write_bytes(gzip.compress(CONTENT))
    zipped = read(tmp_path, TABLE)
    (tmp_path / "log.csv.gz").unlink()
    (tmp_path / "log.csv").write_bytes(CONTENT)
    assert read(tmp_path, TABLE) == zipped
    assert len(zipped[0]) == len(ROWS)


@pytest.mark.parametrize("chunk_bytes", [1, 1_000, 1 << 30])
def test_chunks_are_whole_lines(tmp_path: Path, chunk_bytes: int) -> None:
    path = tmp_path / "log.csv.gz"
    path.write_bytes(gzip.compress(CONTENT))
    found = list(chunks(path, 22, chunk_bytes))
    assert b"".join(chunk.data for chunk in found) == CONTENT[22:]
    assert all(chunk.data.endswith(b"\n") and not chunk.fault for chunk in found)
    assert [chunk.offset for chunk in found] == [
        22 + sum(len(chunk.data) for chunk in found[:n]) for n in range(len(found))
    ]
    assert max(len(chunk.data) for chunk in found) < chunk_bytes + lines.UNPACKED_BYTES + 100


def test_several_members_and_zeros_behind(tmp_path: Path) -> None:
    path = tmp_path / "log.gz"
    path.write_bytes(gzip.compress(b"a\nb") + gzip.compress(b"c\nd\n") + bytes(512))
    assert list(chunks(path)) == [Chunk(0, b"a\nbc\nd\n")]


@pytest.mark.parametrize("share", [0.0, 0.0001, 0.2, 0.9, 0.9999])
def test_cut_off(tmp_path: Path, share: float) -> None:
    whole = gzip.compress(CONTENT)
    path = tmp_path / "log.csv.gz"
    path.write_bytes(whole[: int(len(whole) * share)])
    if share < 0.01:
        with pytest.raises(SourceError, match=r"log\.csv\.gz: .*(header line|end of the gzip)"):
            read(tmp_path, TABLE)
        return
    rows, broken = read(tmp_path, TABLE)
    assert list(rows) == [(0, line) for line in range(2, len(rows) + 2)]
    ((place, text),) = broken.items()
    assert place == (0, len(rows) + 2)
    whole_line = ROWS[len(rows)] if len(rows) < len(ROWS) else ""
    assert whole_line.startswith(text)
    # Half a million bytes unpacked from as many packed: what is lost is what was cut off.
    assert len(rows) == pytest.approx(len(ROWS) * share, rel=0.1)


def test_damage_inside(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(CONTENT))
    packed[len(packed) // 2] ^= 0xFF
    (tmp_path / "log.csv.gz").write_bytes(packed)
    last = list(chunks(tmp_path / "log.csv.gz"))[-1]
    assert last.fault.startswith("expected a sound gzip stream, got Error -3")
    rows, broken = read(tmp_path, TABLE)
    # Behind the damage comes nonsense, until the stream itself is none.
    assert list(rows)[:9_000] == [(0, line) for line in range(2, 9_002)]
    assert max(broken) == (0, len(rows) + len(broken) + 1) > max(rows)


def test_no_gzip(tmp_path: Path) -> None:
    (tmp_path / "log.csv.gz").write_bytes(CONTENT)
    with pytest.raises(SourceError, match="header: expected a sound gzip stream, got Error -3"):
        read(tmp_path, TABLE)


def test_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(b"\xef\xbb\xbfa\nb"))
    assert read_whole(path) == b"a\nb"
    assert head(path) == Chunk(3, b"a\n")
    path.write_bytes(gzip.compress(CONTENT)[:-4])
    message = rf"a\.gz: expected the end of the gzip stream, .* at byte {len(CONTENT)}"
    with pytest.raises(SourceError, match=message):
        read_whole(path)


@pytest.mark.parametrize("name", ["a.txt", "a.gz"])
def test_a_line_without_end(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LONGEST_LINE", 1_000)
    data = b"x" * 5_000
    (tmp_path / name).write_bytes(gzip.compress(data) if name == "a.gz" else data)
    with pytest.raises(SourceError, match="expected lines of at most 1000 bytes, got more"):
        list(chunks(tmp_path / name, chunk_bytes=100))


def test_json_lines_too(tmp_path: Path) -> None:
    data = b'{"user": 1, "item": 2, "rating": 3, "time": 4}\n' * 3
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(data))
    rows, _ = read(tmp_path, events("a.jsonl.gz", FileFormat.JSONL))
    assert list(rows.items()) == [((0, n), ("1", "2", "3", "4")) for n in (1, 2, 3)]
