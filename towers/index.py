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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before ScaNN)

# isort: split
from scann.scann_ops.py import scann_ops_pybind as scann

from schemas.artifacts import Artifact
from schemas.config import IndexConfig
from schemas.index_files import ITEM_IDS, ITEM_VECTORS, SEARCHER, refuse_pickle

# What ScaNN's documentation recommends for dot product; the recall sweep below decides the rest.
DIMENSIONS_PER_BLOCK = 2
ANISOTROPIC_THRESHOLD = 0.2
SOAR_LAMBDA = 1.5

Progress = Callable[[str, int, int], None]
"""(what is being done, steps done, steps at most)."""

BATCH_BYTES = 1 << 28
"""Upper limit of one block of exact scores."""


def show_nothing(text: str, done: int, total: int) -> None:
    """Shows no progress."""


@dataclass(frozen=True)
class Effort:
    """How hard a search tries; both are arguments of a search, not of the built index.

    Attributes:
        leaves_to_search: Partitions of the tree that a query looks into; None without a tree.
        reorder: Neighbours by approximate score that are scored again exactly; None where all are.
    """

    leaves_to_search: int | None = None
    reorder: int | None = None


def index_retrieval(
    retrieval: Artifact, config: IndexConfig, out: Path, progress: Progress = show_nothing
) -> dict[str, Any]:
    """Indexes the items of a retrieval artefact; see `build_index`."""
    item_ids = (retrieval.path / ITEM_IDS).read_text().split("\n")[:-1]
    vectors = np.load(retrieval.path / ITEM_VECTORS, allow_pickle=False)
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
        queries: `[queries, embedding_dim]` float32, real query vectors; recall is measured on a
            sample of them.
        config: Thresholds and the recall target.
        out: An existing, empty directory.
        progress: Told of the build and of each search effort tried.

    Returns:
        `kind`, `recall`, `recall_k`, `items`, `build_seconds` and `parameters`, as in
        docs/artifacts.md. `parameters` holds the effort that reached the recall target.

    Raises:
        ValueError: Unusable input, or no effort reaches `recall_target`.
    """
    started = time.perf_counter()
    vectors = np.ascontiguousarray(item_vectors, dtype=np.float32)
    _check(item_ids, vectors, queries)
    kind = _kind(len(vectors), config)
    leaves = round(math.sqrt(len(vectors))) if kind == "tree" else None
    efforts = list(_efforts(kind, len(vectors), leaves, min(config.recall_k, len(vectors))))
    progress(f"index: {kind} over {len(vectors)} items", 0, 1 + len(efforts))

    directory = out / SEARCHER
    directory.mkdir()
    _built(vectors, kind, leaves).serialize(str(directory), relative_path=True)
    (out / ITEM_IDS).write_bytes("".join(f"{item_id}\n" for item_id in item_ids).encode())
    np.save(out / ITEM_VECTORS, vectors, allow_pickle=False)
    refuse_pickle(out)

    # Measured on the files that a server opens and with the search arguments it uses: the defaults
    # of a reloaded tree differ from those of the one in memory.
    searcher = scann.load_searcher(str(directory))
    recall_k = min(config.recall_k, len(vectors))
    sample = _sample(queries, config)
    exact = _kth_best(sample, vectors, recall_k)
    recall, effort = 0.0, Effort()
    for tried, effort in enumerate(efforts, start=1):
        progress(f"index: recall@{recall_k}", tried, 1 + len(efforts))
        recall = _recall(searcher, sample, vectors, recall_k, effort, exact)
        if recall >= config.recall_target:
            break
    else:
        raise ValueError(
            f"index: recall@{recall_k}: expected at least {config.recall_target}, got {recall:.4f} "
            f"with {kind} and {asdict(effort)}"
        )
    return {
        "kind": kind,
        "recall": recall,
        "recall_k": recall_k,
        "items": len(vectors),
        "build_seconds": round(time.perf_counter() - started, 3),
        "parameters": _parameters(kind, leaves, effort),
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
    if len(set(item_ids)) != len(item_ids):
        raise ValueError("item_ids: expected each id once")
    for row, item_id in enumerate(item_ids):
        if not item_id or "\n" in item_id:
            raise ValueError(f"item_ids[{row}]: expected an id of one line, got {item_id!r}")


def _kind(items: int, config: IndexConfig) -> str:
    if items < config.exact_below:
        return "exact"
    return "ah" if items < config.tree_from else "tree"


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


def _efforts(kind: str, items: int, leaves: int | None, k: int) -> Iterator[Effort]:
    """Search efforts from cheap to dear."""
    reorders = [min(items, multiple * k) for multiple in (2, 4, 8, 16)]
    if kind == "exact":
        yield Effort()
    elif leaves is None:
        yield from (Effort(reorder=reorder) for reorder in reorders)
    else:
        for share, reorder in zip((0.05, 0.1, 0.2, 0.4), reorders, strict=True):
            yield Effort(max(1, round(share * leaves)), reorder)


def _sample(queries: np.ndarray, config: IndexConfig) -> np.ndarray:
    size = min(config.recall_queries, len(queries))
    rows = np.random.default_rng(config.seed).choice(len(queries), size, replace=False)
    return np.ascontiguousarray(queries[np.sort(rows)], dtype=np.float32)


def _kth_best(queries: np.ndarray, vectors: np.ndarray, k: int) -> np.ndarray:
    """Exact score of the k-th best item of each query, `[queries]` float32."""
    batch = max(1, BATCH_BYTES // (4 * len(vectors)))
    return np.concatenate(
        [
            np.partition(queries[at : at + batch] @ vectors.T, -k, axis=1)[:, -k]
            for at in range(0, len(queries), batch)
        ]
    )


def _recall(
    searcher: Any,
    queries: np.ndarray,
    vectors: np.ndarray,
    k: int,
    effort: Effort,
    kth_best: np.ndarray,
) -> float:
    """Share of the k returned items that are as good as the exact k-th, averaged over queries.

    By score and not by id, so that items with equal vectors, which any exact search may return in
    any order, count alike.
    """
    rows, scores = searcher.search_batched(
        queries,
        k,
        pre_reorder_num_neighbors=effort.reorder,
        leaves_to_search=effort.leaves_to_search,
    )
    found = ~np.isnan(scores)  # ScaNN pads short answers with id 0 and NaN
    true = np.stack([vectors[r] @ q for r, q in zip(rows, queries, strict=True)])
    rounding = 1e-5 * np.maximum(1.0, np.abs(kth_best))
    return float(np.mean(found & (true >= (kth_best - rounding)[:, None])))


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
