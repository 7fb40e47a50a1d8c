"""Builds the ScaNN index over the item vectors and measures what it finds.

Exact search for small catalogues, asymmetric hashing with exact reordering for medium ones, a
partitioning tree with SOAR on top of that for large ones: ScaNN's own advice
(github.com/google-research/google-research, scann/docs/algorithms.md; Guo et al. 2020,
"Accelerating Large-Scale Inference with Anisotropic Vector Quantization"; Sun et al. 2023, "SOAR").
A built index is never changed: ScaNN 1.4.2's own `upsert` and `delete` crash on a SOAR tree.
A tree starts from random centres that ScaNN takes no seed for, so two builds differ a little; the
recall target holds for each.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before ScaNN)

# isort: split
from scann.scann_ops.py import scann_ops_pybind as scann

from schemas.artifacts import Artifact
from schemas.config import IndexConfig
from schemas.index_files import ITEM_IDS, ITEM_VECTORS, SEARCHER
from schemas.searcher import Effort, Searcher
from towers.effort_sweep import (
    MARGIN,
    Sample,
    Tried,
    confirmed,
    efforts,
    exact_sample,
    exact_share,
    measured,
    sweep,
)

# What ScaNN's documentation recommends for dot product; the sweep decides the rest.
DIMENSIONS_PER_BLOCK = 2
ANISOTROPIC_THRESHOLD = 0.2
SOAR_LAMBDA = 1.5
LEAST_QUANTIZED = 16
"""ScaNN learns 16 centres of each block of dimensions, from at least as many items."""

Progress = Callable[[str, int, int], None]
"""(what is being done, steps done, steps at most)."""


def show_nothing(text: str, done: int, total: int) -> None:
    """Shows no progress."""


def index_retrieval(
    retrieval: Artifact, config: IndexConfig, out: Path, progress: Progress = show_nothing
) -> dict[str, Any]:
    """Indexes the items of a retrieval artefact; see `build_index`."""
    return index_items(retrieval, retrieval, config, out, progress)


def index_items(
    items: Artifact,
    retrieval: Artifact,
    config: IndexConfig,
    out: Path,
    progress: Progress = show_nothing,
) -> dict[str, Any]:
    """Indexes the items of an artefact, measured on the queries of a retrieval artefact.

    Args:
        items: With `item_ids.txt` and `item_vectors.npy`.
        retrieval: Whose model made the vectors.
        config: Thresholds and the recall target.
        out: An existing, empty directory.
        progress: As of `build_index`.
    """
    item_ids = (items.path / ITEM_IDS).read_bytes().decode().split("\n")[:-1]
    vectors = np.load(items.path / ITEM_VECTORS, allow_pickle=False)
    queries = np.load(retrieval.path / "query_vectors.npy", allow_pickle=False)
    return build_index(item_ids, vectors, queries, config, out, progress)


def build_index(
    item_ids: Sequence[str],
    item_vectors: np.ndarray,
    queries: np.ndarray,
    config: IndexConfig,
    out: Path,
    progress: Progress = show_nothing,
) -> dict[str, Any]:
    """Writes the index to `out` and measures its recall as a server will read it.

    Args:
        item_ids: Row to item id.
        item_vectors: `[items, embedding_dim]` float32, the same order.
        queries: `[queries, embedding_dim]` float32, real query vectors. The search effort is
            chosen on a random half of them and confirmed on the other half, whose recall is
            reported, at most `recall_queries` of each.
        config: Thresholds and the recall target.
        out: An existing, empty directory.
        progress: Told of the build and of each search effort tried.

    Returns:
        `kind`, `recall`, `recall_k`, `items`, `build_seconds`, `query_ms`, `parameters`, `sweep`
        and `exact_share`, as in docs/artifacts.md.

    Raises:
        ValueError: Unusable input, or no effort reaches `recall_target`.
    """
    started = time.perf_counter()
    vectors = np.ascontiguousarray(item_vectors, dtype=np.float32)
    _check(item_ids, vectors, queries)
    kind = kind_of(len(vectors), config)
    leaves = round(math.sqrt(len(vectors))) if kind == "tree" else None
    progress(f"index: {kind} over {len(vectors)} items", 0, 1)

    _write(item_ids, vectors, kind, leaves, out)
    build_seconds = time.perf_counter() - started

    # Measured on the files that a server opens and with the class that searches them there.
    searcher = Searcher(out, leaves)
    choosing, reporting = _samples(queries, vectors, config)
    tried, reaching = _tried(searcher, vectors, choosing, kind, config, progress)
    chosen, recall = confirmed(searcher, vectors, reporting, reaching, config.recall_target)
    return {
        "kind": kind,
        "recall": recall,
        "recall_k": choosing.k,
        "items": len(vectors),
        "build_seconds": round(build_seconds, 3),
        "sweep_seconds": round(time.perf_counter() - started - build_seconds, 3),
        "query_ms": round(chosen.query_ms, 4),
        "parameters": _parameters(kind, leaves, chosen.effort),
        "exact_share": exact_share(searcher, vectors, choosing, chosen.effort, config.seed),
        "sweep": [each.as_figures() for each in tried],
    }


def _check(item_ids: Sequence[str], vectors: np.ndarray, queries: np.ndarray) -> None:
    if vectors.ndim != 2 or len(vectors) != len(item_ids) or not len(vectors):
        raise ValueError(
            f"item_vectors: expected [{len(item_ids)} > 0, embedding_dim], got {vectors.shape}"
        )
    if queries.ndim != 2 or not len(queries) or queries.shape[1] != vectors.shape[1]:
        raise ValueError(f"queries: expected [> 0, {vectors.shape[1]}], got {queries.shape}")
    for name, values in (("item_vectors", vectors), ("queries", queries)):
        if not np.isfinite(values).all():
            row = int(np.flatnonzero(~np.isfinite(values).all(axis=1))[0])
            raise ValueError(f"{name}[{row}]: expected finite numbers, got NaN or infinity")
        with np.errstate(over="ignore"):
            squared = np.einsum("ij,ij->i", values, values, dtype=np.float32, casting="same_kind")
        if not np.isfinite(squared).all():  # ScaNN would end the process
            row = int(np.flatnonzero(~np.isfinite(squared))[0])
            largest = float(np.abs(values[row]).max())
            raise ValueError(
                f"{name}[{row}]: expected a squared length that float32 holds, below 3.4e38, got "
                f"numbers as large as {largest:.3g}"
            )
    if len(set(item_ids)) != len(item_ids):
        twice, times = Counter(item_ids).most_common(1)[0]
        raise ValueError(f"item_ids: expected each id once, got {twice!r} {times} times")
    for row, item_id in enumerate(item_ids):
        if not item_id or "\n" in item_id:
            raise ValueError(f"item_ids[{row}]: expected an id of one line, got {item_id!r}")


def kind_of(items: int, config: IndexConfig) -> str:
    """`exact`, `ah` or `tree`."""
    if items < max(config.exact_below, LEAST_QUANTIZED):
        return "exact"
    return "ah" if items < config.tree_from else "tree"


def _write(
    item_ids: Sequence[str], vectors: np.ndarray, kind: str, leaves: int | None, out: Path
) -> None:
    directory = out / SEARCHER
    directory.mkdir()
    _built(vectors, kind, leaves).serialize(str(directory), relative_path=True)
    (out / ITEM_IDS).write_bytes("".join(f"{item_id}\n" for item_id in item_ids).encode())
    np.save(out / ITEM_VECTORS, vectors, allow_pickle=False)


def _built(vectors: np.ndarray, kind: str, leaves: int | None) -> Any:
    # Without `docids`: with them ScaNN writes, and later unpickles, a .pkl.
    builder = scann.builder(vectors, 10, "dot_product")
    if kind == "exact":
        return builder.score_brute_force().build()
    if leaves is not None:
        builder = builder.tree(leaves, leaves, soar_lambda=SOAR_LAMBDA)
    return (
        builder.score_ah(
            DIMENSIONS_PER_BLOCK, anisotropic_quantization_threshold=ANISOTROPIC_THRESHOLD
        )
        .reorder(100)
        .build()
    )


def _samples(
    queries: np.ndarray, vectors: np.ndarray, config: IndexConfig
) -> tuple[Sample, Sample]:
    """Two random samples without a query in common; of one query alone, twice that."""
    size = min(config.recall_queries, max(1, len(queries) // 2))
    rows = np.random.default_rng(config.seed).permutation(len(queries))
    k = min(config.recall_k, len(vectors))
    drawn = [np.asarray(queries[rows[:size]]), np.asarray(queries[rows[-size:]])]
    first, second = (
        exact_sample(np.ascontiguousarray(each, dtype=np.float32), vectors, k) for each in drawn
    )
    return first, second


def _tried(
    searcher: Searcher,
    vectors: np.ndarray,
    sample: Sample,
    kind: str,
    config: IndexConfig,
    progress: Progress,
) -> tuple[list[Tried], list[Tried]]:
    """All settings measured, and those that reach the target, the fastest first.

    Raises:
        ValueError: None does.
    """
    leaves, reorders = efforts(searcher, kind, sample.k)
    most = len(leaves) + len(reorders)
    tried: list[Tried] = []

    def measure(effort: Effort) -> Tried:
        progress(f"index: recall@{sample.k}", 1 + len(tried), most)
        tried.append(measured(searcher, vectors, sample, effort))
        return tried[-1]

    reaching = [
        each
        for each in sweep(leaves, reorders, measure, config.recall_target)
        if each.reaches(config.recall_target)
    ]
    if not reaching:
        best = max(tried, key=lambda each: each.surely)
        raise ValueError(
            f"index.recall_target: recall@{sample.k} less {MARGIN:g} standard errors: expected at "
            f"least {config.recall_target}, got {best.recall:.4f} - {MARGIN:g} x "
            f"{best.error:.4f} = {best.surely:.4f} with {kind} and "
            f"{best.effort}; a lower target would do, or exact search: an index.exact_below and "
            f"index.tree_from above the {len(vectors)} items"
        )
    return tried, sorted(reaching, key=lambda each: each.query_ms)


def _parameters(kind: str, leaves: int | None, effort: Effort) -> dict[str, Any]:
    if kind == "exact":
        return {}
    chosen = {
        "dimensions_per_block": DIMENSIONS_PER_BLOCK,
        "anisotropic_threshold": ANISOTROPIC_THRESHOLD,
        "reorder": effort.reorder,
    }
    if leaves is not None:
        chosen |= {
            "leaves": leaves,
            "leaves_to_search": effort.leaves_to_search,
            "soar_lambda": SOAR_LAMBDA,
        }
    return chosen
