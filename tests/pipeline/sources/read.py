"""A table's files read as a worker reads them, and small tables to read."""

from __future__ import annotations

from pathlib import Path

from pipeline.ordinals import places
from pipeline.sources.blocks import BLOCK_BYTES, open_events, plan_blocks, read_block
from schemas.card_tables import EventTable, FileFormat
from schemas.columns import ORDINAL


def events(files: str, form: FileFormat = FileFormat.CSV, **options: object) -> EventTable:
    """A table with the columns user, item, rating and time."""
    mapped = {"user_id": "user", "item_id": "item", "rating": "rating", "timestamp": "time"}
    return EventTable(files=(files,), format=form, **(mapped | options))  # type: ignore[arg-type]


def read(
    directory: Path, table: EventTable, block_bytes: int = BLOCK_BYTES
) -> tuple[dict[tuple[int, int], tuple[str, ...]], dict[tuple[int, int], str]]:
    """All rows and all broken lines, by the number of their file and their line.

    Each block has to hold as many lines as was planned.
    """
    rows: dict[tuple[int, int], tuple[str, ...]] = {}
    broken: dict[tuple[int, int], str] = {}
    for block in plan_blocks(open_events(directory, table), table, block_bytes):
        lines = 0
        for taken, rejects in read_block(block, table):
            lines += len(taken) + len(rejects)
            for row in taken.to_pylist():
                place = _place(row.pop(ORDINAL))
                rows[place] = tuple(row.values())
            for row in rejects.to_pylist():
                broken[_place(row[ORDINAL])] = row["value"]
        assert lines == block.lines
    return rows, broken


def _place(ordinal: int) -> tuple[int, int]:
    file, line = places(ordinal)  # type: ignore[arg-type]
    return int(file), int(line)
