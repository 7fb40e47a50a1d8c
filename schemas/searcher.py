"""The search in the files of an index, which the index stage measures and a server uses.

In one place, because what is measured on another search than the served one says nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before ScaNN)

# isort: split
from scann.scann_ops.py import scann_ops_pybind as scann

from schemas.index_files import SEARCHER, refuse_pickle


@dataclass(frozen=True)
class Effort:
    """How hard a search tries; both are arguments of a search, not of the built index.

    Attributes:
        leaves_to_search: Partitions of the tree that a query looks into; None without a tree.
        reorder: Neighbours by approximate score that are scored again exactly; None where all are.
    """

    leaves_to_search: int | None = None
    reorder: int | None = None


class Neighbours(NamedTuple):
    """What a search found, best first.

    Attributes:
        rows: `[queries, k]` int64; what is not valid has no meaning.
        scores: `[queries, k]` float32 inner products; NaN where not valid.
        valid: `[queries, k]` bool. An approximate search may find fewer than k: it never returns
            more than its reorder count, nor more than the searched leaves hold.
    """

    rows: np.ndarray
    scores: np.ndarray
    valid: np.ndarray


class Searcher:
    """A ScaNN index, open for search on the calling thread; safe to use from several.

    Attributes:
        items: Rows of the index.
        leaves: Partitions of its tree; None without a tree.
    """

    def __init__(self, directory: Path, leaves: int | None) -> None:
        """Opens `scann/` of an index directory.

        Raises:
            ValueError: The directory holds a pickle.
            FileNotFoundError: There is no ScaNN index in it.
        """
        refuse_pickle(directory)
        if not (directory / SEARCHER).is_dir():
            raise FileNotFoundError(f"{directory / SEARCHER}: expected a ScaNN index, got none")
        self._scann = scann.load_searcher(str(directory / SEARCHER))
        self.items = int(self._scann.size())
        self.leaves = leaves

    def search(self, queries: np.ndarray, k: int, effort: Effort) -> Neighbours:
        """The k nearest rows of each query.

        Args:
            queries: `[queries, embedding_dim]` float32, finite.
            k: From 1 to `items`.
            effort: Given to ScaNN as it is: the defaults of a reloaded tree differ from those of
                the one that was built.
        """
        if not len(queries):
            # ScaNN takes an empty batch for one of another width.
            empty = np.empty((0, k), np.int64), np.empty((0, k), np.float32)
            return Neighbours(*empty, np.empty((0, k), bool))
        rows, scores = self._scann.search_batched(
            np.ascontiguousarray(queries, dtype=np.float32),
            k,
            pre_reorder_num_neighbors=effort.reorder,
            leaves_to_search=effort.leaves_to_search,
        )
        # It pads a short answer with row 0 and NaN, which reads as a real item.
        return Neighbours(rows.astype(np.int64), scores, ~np.isnan(scores))


def fetch_behind_filter(k: int, share: float, items: int) -> int:
    """How many to fetch so that about k are left where a filter lets a share of all items pass.

    Args:
        k: Items wanted after the filter.
        share: More than 0, at most 1.
        items: The most there are.
    """
    # A tenth more than on average, since half of all draws hold fewer than that.
    return min(items, k if share == 1 else math.ceil(1.1 * k / share))


def effort_at_depth(
    searcher: Searcher, effort: Effort, recall_k: int, fetch: int, times: float = 1.0
) -> Effort:
    """The effort with which the `fetch` best are found about as well as the `recall_k` best.

    The leaves grow with the square root of the depth, and so does what is reordered beyond what is
    wanted: with that, recall at depths from 2 to 20 stayed what it was at `recall_k` (100 000
    vectors of `benchmarks/tower_vectors.py`, by hand); `share_*` in docs/results/index.json are
    of such depths.

    Args:
        searcher: Its size and leaves are the limits.
        effort: What finds the `recall_k` best.
        recall_k: Neighbours for which the effort was chosen.
        fetch: Neighbours wanted; of fewer than `recall_k` the same effort finds more.
        times: Harder than that by this factor.
    """
    depth = max(1.0, fetch / recall_k)
    leaves, reorder = effort.leaves_to_search, effort.reorder
    if leaves is not None and searcher.leaves is not None:
        leaves = min(searcher.leaves, math.ceil(leaves * math.sqrt(depth) * times))
    if reorder is not None:
        beyond = (reorder - recall_k) * math.sqrt(depth)
        wanted = math.ceil((max(fetch, recall_k) + beyond) * times)
        reorder = min(searcher.items, max(fetch, wanted))
    return Effort(leaves, reorder)


def chosen_effort(parameters: Mapping[str, Any]) -> Effort:
    """The effort that an index manifest's `parameters` name."""
    return Effort(parameters.get("leaves_to_search"), parameters.get("reorder"))
