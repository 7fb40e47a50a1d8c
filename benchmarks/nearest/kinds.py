"""The index stage made to build each kind, and the server's retriever over it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.nearest.content import NEIGHBOURS, VECTORS, halves, reported
from schemas.artifacts import build
from schemas.config import IndexConfig
from serving.retriever import open_retriever
from towers.index import build_index

ALWAYS, NEVER = 0, 1 << 62
"""Numbers of items from which, and below which, a kind is built."""
KINDS = {
    "exact": IndexConfig(exact_below=NEVER, tree_from=NEVER),
    "ah": IndexConfig(exact_below=ALWAYS, tree_from=NEVER),
    "tree": IndexConfig(exact_below=ALWAYS, tree_from=ALWAYS),
}


def every_kind(directory: Path) -> dict[str, float]:
    """Builds and searches each: `<kind>_<figure>`."""
    vectors, (choosing, _) = np.load(directory / VECTORS), halves(directory)
    ids, nothing = [str(row) for row in range(len(vectors))], [np.zeros(0, np.int64)]
    found: dict[str, float] = {}
    for kind, config in KINDS.items():

        def write(out: Path, config: IndexConfig = config) -> dict[str, float]:
            return build_index(ids, vectors, choosing, config, out)

        artifact = build(directory / kind, "index", config, {}, [], write)
        retriever = open_retriever(artifact)

        def search(query: np.ndarray) -> np.ndarray:
            return retriever.search(query, NEIGHBOURS, nothing).rows[0]  # noqa: B023 (called here)

        figures = reported(directory, search)
        figures["build_s"] = artifact.figures["build_seconds"]
        found |= {f"{kind}_{figure}": value for figure, value in figures.items()}
    return found
