"""Faiss as in `by_faiss_ivf_pq`, with codes for 64 parts of a vector."""

from __future__ import annotations

from pathlib import Path

from benchmarks.nearest.by_faiss_ivf_pq import build_with, search

__all__ = ["build", "search"]

PARTS = 64


def build(directory: Path) -> dict[str, float]:
    """Codes for 64 parts of a vector."""
    return build_with(directory, PARTS)
