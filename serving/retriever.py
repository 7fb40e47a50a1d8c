"""Nearest items in the index, never an excluded, deleted or made-up one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from schemas.artifacts import Artifact
from schemas.exact_search import best_of_blocks
from schemas.searcher import effort_at_depth, fetch_behind_filter
from serving.changes import Changes, no_changes
from serving.deadline import current_deadline
from serving.hits import Hits, no_hits
from serving.opened_index import OpenedIndex, open_index

_HARDER = 4.0
"""How much harder the second search tries."""

Attempt = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
"""Queries to rows and scores `[queries, found]`; NaN where nothing was found."""


@dataclass(frozen=True)
class _Passing:
    """The items that a search may return, its exclusions aside.

    Attributes:
        built: `[built rows]` bool; None: all of them.
        built_count: How many of the built ones.
        side: `[side items]` bool, which of the changes' items.
    """

    built: np.ndarray | None
    built_count: int
    side: np.ndarray

    @property
    def count(self) -> int:
        """All of them."""
        return self.built_count + int(np.count_nonzero(self.side))


@dataclass(frozen=True)
class Retriever:
    """An index with its changes, as of one moment; safe to use from several threads.

    ScaNN's own answers are not ours, for three reasons. It pads a short answer with row 0. With
    asymmetric hashing it never returns more than its reorder count, and with a tree never more than
    the searched leaves hold. It knows neither filters nor changes. So every answer is masked here,
    asked for again with more effort if that left too little, and found by exact search if that was
    still too little.

    Attributes:
        index: What was built.
        changes: What is different since.
    """

    index: OpenedIndex
    changes: Changes

    def __len__(self) -> int:
        """Rows, those of deleted items too."""
        return self.changes.row_count

    @property
    def kind(self) -> str:
        """`exact`, `ah` or `tree`."""
        return self.index.kind

    @property
    def item_ids(self) -> list[str]:
        """Row to item id, of deleted items too."""
        if not self.changes.added:
            return self.index.item_ids
        return [*self.index.item_ids, *self.changes.added]

    @property
    def needs_rebuild(self) -> bool:
        """Whether so much has changed that searches are getting slower for it."""
        return self.changes.count > self.index.rebuild_share * self.changes.built

    def with_items(self, item_ids: Sequence[str], vectors: np.ndarray) -> Retriever:
        """This and some items, new or changed; found by the vectors given.

        Args:
            item_ids: Each once.
            vectors: `[items, embedding_dim]` float32, finite.
        """
        rows = np.array([self.row(item_id) for item_id in item_ids], dtype=np.int64)
        unknown = np.flatnonzero(rows < 0)
        rows[unknown] = np.arange(len(unknown)) + len(self)
        new = {item_ids[at]: int(rows[at]) for at in unknown.tolist()}
        return replace(self, changes=self.changes.with_items(rows, vectors, new))

    def without_items(self, item_ids: Sequence[str]) -> Retriever:
        """This, in which some items, each once, are not found.

        Raises:
            ValueError: One is no item of it.
        """
        rows = self.rows(item_ids)
        if (rows < 0).any():
            gone = [item_id for item_id, row in zip(item_ids, rows, strict=True) if row < 0]
            raise ValueError(f"item_ids: expected ids of items, got {gone}")
        return replace(self, changes=self.changes.without_items(rows))

    def rows(self, item_ids: Iterable[str]) -> np.ndarray:
        """Rows of item ids, `[ids]` int64; -1 for an id that is not known or deleted."""
        found = np.array([self.row(item_id) for item_id in item_ids], dtype=np.int64)
        known = found >= 0
        known[known] = self.changes.live(found[known])
        return np.where(known, found, -1)

    def row(self, item_id: str) -> int:
        """Row of an item, deleted or not; -1 if there never was one."""
        return self.index.rows.get(item_id, self.changes.added.get(item_id, -1))

    def vectors(self, rows: np.ndarray) -> np.ndarray:
        """Vectors of items that are not deleted, `[rows, embedding_dim]` float32.

        Raises:
            ValueError: A row of no such item.
        """
        outside = len(rows) and not 0 <= rows.min() <= rows.max() < len(self)
        if outside or not self.changes.live(rows).all():
            raise ValueError(f"rows: expected rows of items from 0 to {len(self) - 1}, got {rows}")
        if not len(self.changes.rows):
            return np.asarray(self.index.vectors[rows])
        place = self.changes.places(rows)
        beside = place >= 0
        vectors = np.asarray(self.index.vectors[np.where(beside, 0, rows)])
        vectors[beside] = self.changes.vectors[place[beside]]
        return vectors

    def score(self, queries: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Exact inner products of given items, for a candidate found through another query.

        Args:
            queries: `[queries, embedding_dim]` float32.
            rows: `[items]` int64 catalogue rows.

        Returns:
            `[queries, items]` float32.

        Raises:
            ValueError: A row of no item.
        """
        return np.asarray(queries @ self.vectors(rows).T, dtype=np.float32)

    def search(
        self,
        queries: np.ndarray,
        k: int,
        exclude: Sequence[np.ndarray],
        allowed: np.ndarray | None = None,
    ) -> Hits:
        """The k best items of each query that its exclusions and the filter allow.

        Args:
            queries: `[queries, embedding_dim]` float32.
            k: Items per query; fewer are valid if fewer are allowed. What is beyond the number of
                items costs nothing but its place in the result.
            exclude: For each query the int64 rows never to return, in any order.
            allowed: `[rows]` bool, for all queries: an allow-list or items with an attribute. Rows
                beyond its end, of items newer than the filter, are not allowed. None: all are.

        Raises:
            ValueError: k below 1, queries of another shape or not finite, an exclusion that is no
                row, or a filter that is none.
        """
        self._check(queries, k, exclude, allowed)
        # One more than there are: room is left by an answer with all of them, which is whole then.
        most = min(k, len(self) + 1)
        hits = self._search(queries, most, exclude, allowed)
        return hits if most == k else hits.padded(k)

    def _search(
        self,
        queries: np.ndarray,
        k: int,
        exclude: Sequence[np.ndarray],
        allowed: np.ndarray | None,
    ) -> Hits:
        """`search` for at most as many as there are items."""
        passing = self._passing(allowed)
        barred = [np.unique(rows) for rows in exclude]
        wanted = [min(k, passing.count - self._passing_of(rows, passing)) for rows in barred]
        most_barred = max(map(len, barred), default=0)
        places, side_scores = best_of_blocks(
            queries,
            self.changes.vectors,
            None if passing.side.all() else np.flatnonzero(passing.side),
            k + most_barred,
        )
        side_rows = self.changes.rows[places]

        hits = no_hits(len(queries), k)
        open_ones = np.arange(len(queries))
        for attempt in self._attempts(k, most_barred, passing):
            current_deadline().check()  # each takes longer than the one before
            answered = []
            for at, rows, scores in zip(open_ones, *attempt(queries[open_ones]), strict=True):
                found = ~np.isnan(scores)
                if passing.built is not None:
                    found &= passing.built[rows]
                candidates = np.concatenate([rows[found], side_rows[at]])
                kept = ~_among(candidates, barred[at])
                all_scores = np.concatenate([scores[found], side_scores[at]])
                hits.put(int(at), candidates[kept], all_scores[kept])
                answered.append(_answered(hits, int(at), wanted[at], scores))
            open_ones = open_ones[~np.array(answered, bool)]
            if not len(open_ones):
                break
        return hits

    def _check(
        self,
        queries: np.ndarray,
        k: int,
        exclude: Sequence[np.ndarray],
        allowed: np.ndarray | None,
    ) -> None:
        dim = self.index.vectors.shape[1]
        if queries.ndim != 2 or queries.shape[1] != dim:
            raise ValueError(f"queries: expected [queries, {dim}], got {list(queries.shape)}")
        if k < 1:
            raise ValueError(f"k: expected at least 1, got {k}")
        if not np.isfinite(queries).all():
            row = int(np.flatnonzero(~np.isfinite(queries).all(axis=1))[0])
            raise ValueError(f"queries[{row}]: expected finite numbers, got NaN or infinity")
        if len(exclude) != len(queries):
            expected = f"one for each of {len(queries)} queries"
            raise ValueError(f"exclude: expected {expected}, got {len(exclude)}")
        for query, rows in enumerate(exclude):
            if len(rows) and not 0 <= rows.min() <= rows.max() < len(self):
                expected = f"rows from 0 to {len(self) - 1}"
                got = f"{rows.min()} to {rows.max()}"
                raise ValueError(f"exclude[{query}]: expected {expected}, got {got}")
        if allowed is not None and (
            allowed.dtype != bool or allowed.ndim != 1 or len(allowed) > len(self)
        ):
            raise ValueError(
                f"allowed: expected [at most {len(self)}] bool, got {allowed.shape} {allowed.dtype}"
            )

    def _passing(self, allowed: np.ndarray | None) -> _Passing:
        changes = self.changes
        if allowed is None:
            built = changes.fresh if changes.stale_count else None
            everything = np.ones(len(changes.rows), dtype=bool)
            return _Passing(built, changes.built - changes.stale_count, everything)
        whole = np.zeros(len(self), dtype=bool)
        whole[: len(allowed)] = allowed
        built = whole[: changes.built] & changes.fresh
        return _Passing(built, int(np.count_nonzero(built)), whole[changes.rows])

    def _passing_of(self, rows: np.ndarray, passing: _Passing) -> int:
        """How many of some distinct rows pass."""
        built = rows[rows < self.changes.built]
        place = self.changes.places(rows)
        of_side = np.count_nonzero(passing.side[place[place >= 0]])
        of_built = len(built) if passing.built is None else np.count_nonzero(passing.built[built])
        return int(of_built + of_side)

    def _attempts(self, k: int, barred: int, passing: _Passing) -> Iterator[Attempt]:
        """Searches of the built items, each harder than the one before; the last finds all."""
        share = passing.built_count / self.changes.built
        if passing.built is None or share > self.index.exact_share:
            for wanted, times in ((k + min(barred, k), 1.0), (k + barred, _HARDER)):
                yield self._approximate(fetch_behind_filter(wanted, share, len(self)), times)
        rows = None if passing.built is None else np.flatnonzero(passing.built)
        # Ties at the edge may not push out what the exclusions leave.
        yield lambda queries: best_of_blocks(queries, self.index.vectors, rows, k + barred)

    def _approximate(self, fetch: int, times: float) -> Attempt:
        searcher = self.index.searcher
        fetch = min(fetch, searcher.items)
        effort = effort_at_depth(searcher, self.index.effort, self.index.recall_k, fetch, times)
        return lambda queries: searcher.search(queries, fetch, effort)[:2]


def open_retriever(artifact: Artifact) -> Retriever:
    """Opens an index directory, without changes; see `open_index`."""
    index = open_index(artifact)
    return Retriever(index, no_changes(*index.vectors.shape))


def _answered(hits: Hits, query: int, wanted: int, seen: np.ndarray) -> bool:
    """Whether a query has its best items.

    It has as many as there can be, and none that is worse than the worst that the index was
    searched through for: a better one might lie below, while changed items filled the list.
    """
    found = int(np.count_nonzero(hits.valid[query]))
    if found < wanted:
        return False
    worst_seen = np.nanmin(seen, initial=np.inf)
    return found < hits.scores.shape[1] or bool(hits.scores[query, -1] >= worst_seen)


def _among(rows: np.ndarray, barred: np.ndarray) -> np.ndarray:
    """Which rows are among the barred ones, which are sorted; `[rows]` bool."""
    if not len(barred):
        return np.zeros(len(rows), dtype=bool)
    at = np.minimum(np.searchsorted(barred, rows), len(barred) - 1)
    return np.asarray(barred[at] == rows)
