"""Files are cut at line ends, into blocks for workers and these into what is parsed at once."""

from __future__ import annotations

import gzip
from pathlib import Path

from pipeline.sources.blocks import BLOCK_BYTES, open_events, plan_blocks, read_block
from pipeline.sources.lines import CHUNK_BYTES
from tests.pipeline.sources.read import events, read

LONG = 1 << 20
TABLE = events("log.csv*")


def write(path: Path, lines: int) -> int:
    """Lines of 1 MiB, one of them broken; returns the bytes behind the header."""
    rows = [f"{n:0{LONG}d},{n},3,{n}\n" for n in range(lines)]
    rows[lines // 2] = "broken\n"
    header, text = "user,item,rating,time\n", "".join(rows)
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "wt") as file:
        file.write(header + text)
    return len(text)


def test_a_block_is_read_in_parts(tmp_path: Path) -> None:
    lines = 2 * CHUNK_BYTES // LONG + 3
    size = write(tmp_path / "log.csv", lines)
    (block,) = plan_blocks(open_events(tmp_path, TABLE), TABLE)
    assert (block.size, block.first_line, block.lines) == (size, 2, lines)
    parts = [len(rows) + len(broken) for rows, broken in read_block(block, TABLE)]
    assert len(parts) == 3
    assert sum(parts) == lines


def test_blocks_have_the_same_rows_as_a_gzipped_file(tmp_path: Path) -> None:
    lines = BLOCK_BYTES // LONG + 5
    write(tmp_path / "log.csv", lines)
    blocks = list(plan_blocks(open_events(tmp_path, TABLE), TABLE))
    assert len(blocks) == 2
    assert all(block.size <= BLOCK_BYTES for block in blocks)
    assert blocks[1].start == blocks[0].start + blocks[0].size
    assert blocks[1].first_line == 2 + blocks[0].lines
    rows, broken = read(tmp_path, TABLE)
    assert [item for _, item, _, _ in rows.values()] == [
        str(n) for n in range(lines) if n != lines // 2
    ]
    assert broken == {(0, 2 + lines // 2): "broken"}
    (tmp_path / "log.csv").unlink()
    write(tmp_path / "log.csv.gz", lines)
    assert read(tmp_path, TABLE) == (rows, broken)
