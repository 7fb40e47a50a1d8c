"""Our index stage and the server's retriever."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.nearest.content import NEIGHBOURS, VECTORS, halves, reported
from schemas.artifacts import build as build_artifact
from schemas.artifacts import open_artifact
from schemas.config import IndexConfig
from serving.retriever import open_retriever
from towers.index import build_index


def build(directory: Path) -> dict[str, float]:
    """The index stage, as `matinee index` runs it."""
    vectors, (choosing, _) = np.load(directory / VECTORS), halves(directory)
    ids, config = [str(row) for row in range(len(vectors))], IndexConfig()
    artifact = build_artifact(
        directory / "matinee",
        "index",
        config,
        {},
        [],
        lambda out: build_index(ids, vectors, choosing, config, out),
    )
    figures = artifact.figures
    return {"build_s": figures["build_seconds"], "sweep_s": figures["sweep_seconds"]}


def search(directory: Path) -> dict[str, float]:
    """The server's retriever, asked with nothing to exclude, no filter and no changes."""
    retriever = open_retriever(open_artifact(directory / "matinee"))
    nothing = [np.zeros(0, np.int64)]
    return reported(directory, lambda query: retriever.search(query, NEIGHBOURS, nothing).rows[0])
