"""What a stage found, in a line for people."""

from __future__ import annotations

import json

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


def retrieval_line(retrieval: Artifact) -> str:
    """NDCG@10 of the epoch whose weights were kept, on the events held back, and the log."""
    log = retrieval.path / "log" / "candidate_model.jsonl"
    kept = json.loads(log.read_text().splitlines()[retrieval.figures["epochs"] - 1])
    return f"validation NDCG@10 {kept['ndcg@10']:.4f} at epoch {kept['epoch']}, log {log}"


def ranking_line(ranking: Artifact) -> str:
    """The same of the ranker, with the RMSE of the ratings where there are any."""
    figures, log = ranking.figures, ranking.path / "log" / "ranker.jsonl"
    found = f"validation NDCG@10 {figures['validation_ndcg@10']:.4f}"
    if "validation_rmse" in figures:
        found += f" and RMSE {figures['validation_rmse']:.4f}"
    return f"{found} at epoch {figures['epoch']}, log {log}"


def _count(number: int) -> str:
    return f"{number:,}".replace(",", " ")


def _day(seconds: int) -> str:
    return str(np.datetime64(seconds, "s").astype("datetime64[D]"))  # of any year, unlike datetime
