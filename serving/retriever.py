"""Nearest items in the index, never an excluded or made-up one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before ScaNN)

# isort: split
from scann.scann_ops.py import scann_ops_pybind as scann

from schemas.artifacts import Artifact
from schemas.index_files import ITEM_IDS, ITEM_VECTORS, SEARCHER, refuse_pickle

_HARDER = 4
"""How much harder the second search tries."""


class Hits(NamedTuple):
    """Search results, best first.

    Attributes:
        rows: `[queries, k]` int64 catalogue rows; -1 where not valid.
        scores: `[queries, k]` float32 inner products; -inf where not valid.
        valid: `[queries, k]` bool; the valid ones come first.
    """

    rows: np.ndarray
    scores: np.ndarray
    valid: np.ndarray


class Retriever:
    """A built index, open for search; safe to use from several threads.

    ScaNN's own answers are not ours, for three reasons. It pads a short answer with id 0 and NaN,
    which reads as a real item. With asymmetric hashing it never returns more than its reorder
    count, and with a tree never more than the searched leaves hold. It knows no filters. So every
    answer is masked here, asked for again with more effort if that left too little, and found by
    exact search if that was still too little.
    """

    def __init__(self, artifact: Artifact) -> None:
        """Opens an index directory.

        Raises:
            ValueError: The directory holds a pickle, or ids and vectors do not match.
            FileNotFoundError: A file is missing.
        """
        refuse_pickle(artifact.path)
        self.kind = str(artifact.figures["kind"])
        ids = (artifact.path / ITEM_IDS).read_bytes().decode()
        self.item_ids = ids.removesuffix("\n").split("\n")
        self._vectors = np.load(artifact.path / ITEM_VECTORS, allow_pickle=False)
        if len(self._vectors) != len(self.item_ids):
            raise ValueError(
                f"{artifact.path}: expected a vector for each of {len(self.item_ids)} ids, "
                f"got {len(self._vectors)}"
            )
        if not (artifact.path / SEARCHER).is_dir():
            raise FileNotFoundError(f"{artifact.path / 'scann'}: expected a ScaNN index, got none")
        self._searcher = scann.load_searcher(str(artifact.path / SEARCHER))
        parameters = artifact.figures["parameters"]
        self._reorder: int | None = parameters.get("reorder")
        self._leaves: int | None = parameters.get("leaves")
        self._leaves_to_search: int | None = parameters.get("leaves_to_search")

    def __len__(self) -> int:
        return len(self.item_ids)

    def vectors(self, rows: np.ndarray) -> np.ndarray:
        """Item vectors `[rows, embedding_dim]` float32."""
        return self._vectors[rows]

    def score(self, queries: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Exact inner products of given items, for a candidate found through another query.

        Args:
            queries: `[queries, embedding_dim]` float32.
            rows: `[items]` int64 catalogue rows.

        Returns:
            `[queries, items]` float32.
        """
        return np.asarray(queries @ self._vectors[rows].T, dtype=np.float32)

    def search(self, queries: np.ndarray, k: int, exclude: Sequence[np.ndarray]) -> Hits:
        """The k best items of each query that its exclusions allow.

        Args:
            queries: `[queries, embedding_dim]` float32.
            k: Items per query; fewer are valid if the catalogue holds fewer allowed ones.
            exclude: For each query the int64 rows never to return, in any order.

        Raises:
            ValueError: k below 1, a query that is not finite, or an exclusion that is no row.
        """
        if k < 1 or not np.isfinite(queries).all() or len(exclude) != len(queries):
            raise ValueError(
                f"expected k >= 1, finite queries and exclusions for each, got k={k}, "
                f"{len(queries)} queries, {len(exclude)} exclusions"
            )
        barred = self._barred(exclude)
        most_barred = int(barred.sum(axis=1).max(initial=0))
        wanted = np.minimum(k, len(self) - barred.sum(axis=1))
        hits = _no_hits(len(queries), k)
        for fetch, effort in ((k + min(most_barred, k), 1), (k + most_barred, _HARDER)):
            short = np.flatnonzero(hits.valid.sum(axis=1) < wanted)
            if len(short):
                rows, scores = self._approximate(queries[short], min(fetch, len(self)), effort)
                _fill(hits, short, rows, scores, barred[short])
        short = np.flatnonzero(hits.valid.sum(axis=1) < wanted)
        if len(short):
            scores = self.score(queries[short], np.arange(len(self)))
            rows = np.broadcast_to(np.arange(len(self)), scores.shape)
            _fill(hits, short, rows, scores, barred[short])
        return hits

    def _barred(self, exclude: Sequence[np.ndarray]) -> np.ndarray:
        """`[queries, items]` bool, from lists of rows."""
        barred = np.zeros((len(exclude), len(self)), dtype=bool)
        for query, rows in enumerate(exclude):
            if len(rows) and not 0 <= rows.min() <= rows.max() < len(self):
                raise ValueError(f"exclude[{query}]: expected rows from 0 to {len(self) - 1}")
            barred[query, rows] = True
        return barred

    def _approximate(
        self, queries: np.ndarray, fetch: int, effort: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """ScaNN's answer: rows `[queries, fetch]` int64, scores the same shape, NaN for padding."""
        leaves, reorder = self._leaves_to_search, self._reorder
        if leaves is not None and self._leaves is not None:
            leaves = min(self._leaves, leaves * effort)
        if reorder is not None:
            reorder = min(len(self), max(reorder, fetch) * effort)
        rows, scores = self._searcher.search_batched(
            np.ascontiguousarray(queries, dtype=np.float32),
            fetch,
            pre_reorder_num_neighbors=reorder,
            leaves_to_search=leaves,
        )
        return rows.astype(np.int64), scores


def _no_hits(queries: int, k: int) -> Hits:
    return Hits(
        np.full((queries, k), -1, dtype=np.int64),
        np.full((queries, k), -np.inf, dtype=np.float32),
        np.zeros((queries, k), dtype=bool),
    )


def _fill(
    hits: Hits, queries: np.ndarray, rows: np.ndarray, scores: np.ndarray, barred: np.ndarray
) -> None:
    """Writes the k best allowed rows of some queries; equal scores go by row.

    Args:
        hits: Written in place.
        queries: `[some]` int64, which of the queries.
        rows: `[some, found]` int64.
        scores: `[some, found]` float32, NaN where `rows` is padding.
        barred: `[some, items]` bool.
    """
    padding = np.isnan(scores)
    allowed = ~padding & ~np.take_along_axis(barred, np.where(padding, 0, rows), axis=1)
    masked = np.where(allowed, scores, -np.inf)
    best = np.lexsort((rows, -masked), axis=1)[:, : hits.rows.shape[1]]
    valid = np.take_along_axis(allowed, best, axis=1)
    width = best.shape[1]
    hits.rows[queries, :width] = np.where(valid, np.take_along_axis(rows, best, axis=1), -1)
    hits.scores[queries, :width] = np.take_along_axis(masked, best, axis=1)
    hits.valid[queries, :width] = valid
