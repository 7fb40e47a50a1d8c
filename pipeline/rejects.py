"""Rows that were turned away: why, where, and when there are too many."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipeline.arrow_files import write_batch
from pipeline.ordinals import places
from pipeline.sources.lines import BROKEN_STREAM
from schemas.cards import Card
from schemas.columns import ITEM_ID, ORDINAL

SCHEMA = pa.schema(
    [
        (ORDINAL, pa.int64()),
        ("field", pa.string()),
        ("reason", pa.string()),
        ("value", pa.string()),
    ]
)
REPEATED = "expected one event of a user with an item"
LONGEST_VALUE = 200
"""Characters of a rejected value that are told."""
ROWS_PER_WRITE = 100_000


class RejectRateError(ValueError):
    """More rows were rejected than the configuration allows."""


def reject_batch(ordinals: np.ndarray, field: str, values: pa.Array, reason: str) -> pa.RecordBatch:
    """A batch of `SCHEMA`: rows rejected for one reason.

    Args:
        ordinals: `[rows]` int64, where the rows are.
        field: The column at fault, or "line" for a whole line.
        values: `[rows]` string, what stood there.
        reason: What was expected instead.
    """
    count = len(ordinals)
    return pa.record_batch(
        [
            pa.array(ordinals, pa.int64()),
            pa.repeat(pa.scalar(field), count),
            pa.repeat(pa.scalar(reason), count),
            values,
        ],
        schema=SCHEMA,
    )


def join_rejects(batches: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
    """All rows of some batches of `SCHEMA`, which may be none."""
    return pa.concat_batches([pa.RecordBatch.from_pylist([], SCHEMA), *batches])


def keep_rejects(batches: Sequence[pa.RecordBatch], path: Path) -> None:
    """Writes rows of `SCHEMA` to an Arrow file, if there are any."""
    rejects = join_rejects(batches)
    if len(rejects):
        write_batch(rejects, path)


def tell_rejects(parts: Sequence[Path], files: Sequence[str], path: Path) -> Counter[str]:
    """Writes what `keep_rejects` kept as a JSON object a line, in order of file and line.

    Args:
        parts: The Arrow files.
        files: Name of each event file by its number.
        path: Takes the lines.

    Returns:
        Rows by `"<field>: <reason>"`.
    """
    rejects = pa.Table.from_batches([join_rejects([])])
    for part in parts:
        with pa.ipc.open_file(str(part)) as kept:
            rejects = pa.concat_tables([rejects, kept.read_all()])
    rejects = rejects.sort_by(ORDINAL)
    with path.open("w", encoding="utf-8") as file:
        for batch in rejects.to_batches(max_chunksize=ROWS_PER_WRITE):
            file.writelines(_lines(batch, files))
    reasons = rejects.group_by(["field", "reason"]).aggregate([([], "count_all")])
    return Counter({f"{r['field']}: {r['reason']}": r["count_all"] for r in reasons.to_pylist()})


def _lines(batch: pa.RecordBatch, files: Sequence[str]) -> Iterator[str]:
    file, line = places(batch.column(ORDINAL).to_numpy())
    encode = json.JSONEncoder(ensure_ascii=False).encode
    rows = batch.drop_columns([ORDINAL]).to_pylist()
    for number, at, row in zip(file, line.tolist(), rows, strict=True):
        row["value"] = row["value"][:LONGEST_VALUE]
        yield encode({"file": files[number], "line": at} | row) + "\n"


def counted(reasons: Counter[str], card: Card) -> Counter[str]:
    """The rejected rows that speak against a file.

    Where nothing is rated, people come back to what they had: a log of clicks repeats itself, and
    is sound.
    """
    repeats = f"{ITEM_ID}: {REPEATED}"
    return Counter({r: n for r, n in reasons.items() if card.rating is not None or r != repeats})


def check_whole(reasons: Counter[str]) -> None:
    """Stops a run over a file whose end is lost: nobody knows with how many rows.

    Raises:
        RejectRateError: A gzip stream is broken.
    """
    broken = [reason for reason in reasons if BROKEN_STREAM in reason]
    if broken:
        raise RejectRateError(f"{'; '.join(broken)}: what came behind is lost")


def check_reject_rate(read: int, reasons: Counter[str], limit: float) -> None:
    """Stops a run that would lose too much.

    Args:
        read: Rows read.
        reasons: Rejected rows by reason.
        limit: Greatest share of rejected rows.

    Raises:
        RejectRateError: The share is above `limit`; the message gives the top reasons.
    """
    rejected = reasons.total()
    if rejected <= limit * read:
        return
    top = "; ".join(f"{reason} ({count} rows)" for reason, count in reasons.most_common(3))
    raise RejectRateError(
        f"{rejected} of {read} rows rejected ({rejected / read:.2%}), expected at most "
        f"max_reject_rate = {limit:.2%}. Top reasons: {top}"
    )
