"""The join in numbers and as tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.joining.doubts import LEFT_OUT, TAKEN
from pipeline.joining.matches import FUZZY, METHODS, Doubt, Matches
from schemas.columns import ITEM_ID


def source_report(name: str, records: pa.Table, matches: Matches) -> dict[str, Any]:
    """One source in numbers.

    Returns:
        `source`; `records`; `matched`, items by method; `lowest_fuzzy_score` and
        `mean_fuzzy_score` where there is any; `doubtful`, rows by reason; `namesakes`, items that
        have several records of one title, by what decided.
    """
    matched = {method: int((matches.method == i).sum()) for i, method in enumerate(METHODS)}
    report: dict[str, Any] = {"source": name, "records": len(records), "matched": matched}
    scores = matches.score[matches.method == FUZZY]
    if len(scores):
        report["lowest_fuzzy_score"] = round(float(scores.min()), 2)
        report["mean_fuzzy_score"] = round(float(scores.mean()), 2)
    reasons = Counter(doubt.reason for doubt in matches.doubts)
    several = [doubt for doubt in matches.doubts if doubt.reason == "one_of_several"]
    report["doubtful"] = {reason: reasons[reason] for reason in (*TAKEN, *LEFT_OUT)}
    report["namesakes"] = dict(sorted(Counter(doubt.decided for doubt in several).items()))
    return report


def matches_table(source: str, items: pa.Table, records: pa.Table, matches: Matches) -> pa.Table:
    """A row per item: how it was matched, and with what."""
    return pa.table(
        {
            "source": pa.array([source] * len(items), pa.string()),
            ITEM_ID: items.column("source_id"),
            "title": items.column("title"),
            "year": items.column("year"),
            "method": pa.array(METHODS).take(pa.array(matches.method)),
            "score": pa.array(matches.score),
            **_record(records, matches.record, "record"),
        }
    )


def doubtful_table(source: str, items: pa.Table, records: pa.Table, matches: Matches) -> pa.Table:
    """A row per doubt, in the order of the items: taken or not, why, and the next record."""
    doubts = sorted(matches.doubts, key=lambda doubt: (doubt.item, doubt.reason))
    item = pa.array([doubt.item for doubt in doubts], pa.int64())
    return pa.table(
        {
            "source": pa.array([source] * len(doubts), pa.string()),
            ITEM_ID: items.column("source_id").take(item),
            "title": items.column("title").take(item),
            "year": _whole(items.column("year").take(item)),
            "taken": pa.array([doubt.reason in TAKEN for doubt in doubts], pa.bool_()),
            "reason": pa.array([doubt.reason for doubt in doubts], pa.string()),
            "score": pa.array([doubt.score for doubt in doubts], pa.float32()),
            **_doubted(records, doubts),
            "decided": pa.array([doubt.decided for doubt in doubts], pa.string()),
        }
    )


def _doubted(records: pa.Table, doubts: Sequence[Doubt]) -> dict[str, pa.Array]:
    first = _record(records, np.array([doubt.record for doubt in doubts], np.int64), "record")
    other = _record(records, np.array([doubt.runner_up for doubt in doubts], np.int64), "next")
    return first | other


def _record(records: pa.Table, row: np.ndarray, prefix: str) -> dict[str, pa.ChunkedArray]:
    """What a person needs to recognise a record; null where there is none."""
    at = pa.array(row, mask=row < 0)
    return {
        f"{prefix}_id": records.column("source_id").take(at),
        f"{prefix}_imdb_id": records.column("imdb_id").take(at),
        f"{prefix}_title": records.column("title").take(at),
        f"{prefix}_year": _whole(records.column("year").take(at)),
    }


def _whole(years: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(pc.is_nan(years), None, years).cast(pa.int32())
