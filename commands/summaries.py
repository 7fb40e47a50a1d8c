"""What a stage found, in a line for people."""

from __future__ import annotations

import numpy as np

from schemas.artifacts import Artifact


def prepared_line(prepared: Artifact) -> str:
    """Rows read and rejected, users, items, and the days (UTC) of the first and the last event."""
    rows, period = prepared.figures["rows"], prepared.figures["period"]
    rejected = f"{_count(rows['rejected'])} rejected"
    if rows["rejected"]:
        path = prepared.path / "rejects" / "rejects.jsonl"
        rejected += f" ({rows['rejected'] / rows['read']:.2%}, {path})"
    parts = [f"{_count(rows['read'])} rows read", rejected]
    parts += [f"{_count(rows[name])} {name}" for name in ("users", "items")]
    if period:
        parts.append(f"{_day(period['first'])} to {_day(period['last'])}")
    return ", ".join(parts)


def _count(number: int) -> str:
    return f"{number:,}".replace(",", " ")


def _day(seconds: int) -> str:
    return str(np.datetime64(seconds, "s").astype("datetime64[D]"))  # of any year, unlike datetime
