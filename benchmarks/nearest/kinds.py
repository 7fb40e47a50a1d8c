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
    return {
        f"{kind}_{figure}": value
        for kind, config in KINDS.items()
        for figure, value in of_kind(directory, kind, config).items()
    }


def of_kind(directory: Path, kind: str, config: IndexConfig) -> dict[str, float]:
    """Recall and times of one kind, and the seconds of building it."""
    vectors, (choosing, _) = np.load(directory / VECTORS), halves(directory)
    ids, nothing = [str(row) for row in range(len(vectors))], [np.zeros(0, np.int64)]
    artifact = build(
        directory / kind,
        "index",
        config,
        {},
        [],
        lambda out: build_index(ids, vectors, choosing, config, out),
    )
    retriever = open_retriever(artifact)
    found = reported(directory, lambda query: retriever.search(query, NEIGHBOURS, nothing).rows[0])
    return found | {"build_s": artifact.figures["build_seconds"]}
