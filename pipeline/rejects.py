"""Rows that were turned away: why, where, and when there are too many."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipeline.ordinals import places
from schemas.columns import ORDINAL

SCHEMA = pa.schema(
    [
        (ORDINAL, pa.int64()),
        ("field", pa.string()),
        ("reason", pa.string()),
        ("value", pa.string()),
    ]
)
LONGEST_VALUE = 200
"""Characters of a rejected value that are kept."""


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


def to_jsonl(batch: pa.RecordBatch, files: Sequence[str]) -> str:
    """One JSON object a line, without the last line end.

    Args:
        batch: Rows of `SCHEMA`.
        files: Name of each file by its number.
    """
    file, line = places(batch.column(ORDINAL).to_numpy())
    rows = batch.drop_columns([ORDINAL]).to_pylist()
    return "\n".join(
        json.dumps(
            {"file": files[number], "line": int(at)}
            | row
            | {"value": row["value"][:LONGEST_VALUE]},
            ensure_ascii=False,
        )
        for row, number, at in zip(rows, file, line, strict=True)
    )


def sort_rejects(path: Path) -> Counter[str]:
    """Sorts a rejects file by file and line and counts its reasons.

    Returns:
        Rows by `"<field>: <reason>"`.
    """
    with path.open(encoding="utf-8") as file:
        rows = [(json.loads(line), line) for line in file if line.strip()]
    rows.sort(key=lambda row: (row[0]["file"], row[0]["line"]))
    path.write_text("".join(line for _, line in rows), encoding="utf-8")
    return Counter(f"{row['field']}: {row['reason']}" for row, _ in rows)


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
