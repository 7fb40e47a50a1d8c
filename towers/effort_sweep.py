"""Finds the cheapest search that reaches a recall target, by measuring."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from statistics import median
from typing import Any

import numpy as np

from schemas.exact_search import best_of_blocks
from schemas.searcher import Effort, Searcher, effort_at_depth, fetch_behind_filter

BATCH_BYTES = 1 << 28
"""Upper limit of one block of exact scores."""
ROUNDING = 1e-6
"""Of the product of both vectors' lengths: sums of some hundred float32 products differ by less."""
TIMED_QUERIES = 100
MARGIN = 3.0
"""Standard errors by which the choosing sample must pass the target. The cheapest of many settings
passes by luck more often than another sample of queries then confirms."""
LEAF_SHARES = (*(0.005 * 2 ** (step / 2) for step in range(15)), 1.0)
"""Of a tree's leaves, how many are searched: steps by the square root of 2, and all."""
REORDERS = (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.0, 8.0, 11.0, 16.0, 32.0)
"""Neighbours scored again exactly, in multiples of those wanted."""


@dataclass(frozen=True)
class Sample:
    """Queries with what an exact search of them finds.

    Attributes:
        queries: `[queries, embedding_dim]` float32.
        kth_best: `[queries]` float32, exact score of the k-th best item.
        rounding: `[queries]` float32, what float32 may make of an equal score.
        k: Neighbours compared.
    """

    queries: np.ndarray
    kth_best: np.ndarray
    rounding: np.ndarray
    k: int


@dataclass(frozen=True)
class Tried:
    """A setting and what was measured.

    Attributes:
        effort: The setting.
        recall: Recall@k, averaged over the sample.
        error: Standard error of that average.
        query_ms: Median milliseconds of one query alone on one thread.
    """

    effort: Effort
    recall: float
    error: float
    query_ms: float

    @property
    def surely(self) -> float:
        """What another sample of queries will reach too: recall less `MARGIN` standard errors."""
        return self.recall - MARGIN * self.error

    def reaches(self, target: float) -> bool:
        """Whether another sample of queries will reach the target too."""
        return self.surely >= target

    def as_figures(self) -> dict[str, Any]:
        """For the manifest."""
        figures = {"recall": round(self.recall, 5), "query_ms": round(self.query_ms, 4)}
        return {name: v for name, v in asdict(self.effort).items() if v is not None} | figures


def exact_sample(queries: np.ndarray, vectors: np.ndarray, k: int) -> Sample:
    """Searches exactly, in blocks of at most `BATCH_BYTES` of scores."""
    batch = max(1, BATCH_BYTES // (4 * len(vectors)))
    kth_best = [
        np.partition(queries[at : at + batch] @ vectors.T, -k, axis=1)[:, -k]
        for at in range(0, len(queries), batch)
    ]
    longest = np.sqrt(np.einsum("ij,ij->i", vectors, vectors).max())
    rounding = ROUNDING * longest * np.linalg.norm(queries, axis=1)
    return Sample(queries, np.concatenate(kth_best), rounding, k)


def recalls(searcher: Searcher, vectors: np.ndarray, sample: Sample, effort: Effort) -> np.ndarray:
    """Share of the k returned items that are as good as the exact k-th, `[queries]` float64.

    By score and not by id, so that items with equal vectors, which any exact search may return in
    any order, count alike. What was not found counts as missed.
    """
    found = searcher.search(sample.queries, sample.k, effort)
    true = np.stack([vectors[r] @ q for r, q in zip(found.rows, sample.queries, strict=True)])
    good = found.valid & (true >= (sample.kth_best - sample.rounding)[:, None])
    return np.asarray(good.mean(axis=1))


def efforts(searcher: Searcher, kind: str, k: int) -> tuple[list[int | None], list[int | None]]:
    """Leaves to search and reorder counts to try, both from cheap to dear."""
    if kind == "exact":
        return [None], [None]
    reorders = sorted({min(searcher.items, round(multiple * k)) for multiple in REORDERS})
    if searcher.leaves is None:
        return [None], list(reorders)
    leaves = sorted({max(1, round(share * searcher.leaves)) for share in LEAF_SHARES})
    return list(leaves), list(reorders)


def sweep(
    leaves: list[int | None],
    reorders: list[int | None],
    measure: Callable[[Effort], Tried],
    target: float,
) -> Iterator[Tried]:
    """Measures the settings that can be the cheapest to reach the target.

    Recall rises with both numbers, so the least reorder count that reaches the target falls as more
    leaves are searched: the walk goes along that edge and measures fewer settings than both lists
    have together.
    """
    at = len(reorders) - 1
    for leaf_count in leaves:
        while at >= 0:
            tried = measure(Effort(leaf_count, reorders[at]))
            yield tried
            if not tried.reaches(target):
                break
            at -= 1


def measured(searcher: Searcher, vectors: np.ndarray, sample: Sample, effort: Effort) -> Tried:
    """Recall of a setting, and its time."""
    found = recalls(searcher, vectors, sample, effort)
    error = float(found.std(ddof=1) / np.sqrt(len(found))) if len(found) > 1 else 0.0
    seconds = _seconds(
        lambda query: searcher.search(query, sample.k, effort), sample.queries[:TIMED_QUERIES]
    )
    return Tried(effort, float(found.mean()), error, 1e3 * seconds)


def confirmed(
    searcher: Searcher, vectors: np.ndarray, sample: Sample, reaching: list[Tried], target: float
) -> tuple[Tried, float]:
    """The first setting that reaches the target with other queries too, and its recall with them.

    Nearly always the first of all; a build must not fail by the chance of two samples.

    Raises:
        ValueError: None does.
    """
    found = []
    for each in reaching:
        found.append(float(recalls(searcher, vectors, sample, each.effort).mean()))
        if found[-1] >= target:
            return each, found[-1]
    raise ValueError(
        f"index.recall_target: recall@{sample.k}: expected at least {target}, got at most "
        f"{max(found):.4f} on queries that did not choose, with {len(found)} settings that reached "
        "it on others"
    )


def exact_share(
    searcher: Searcher, vectors: np.ndarray, sample: Sample, effort: Effort, seed: int
) -> float:
    """Of the items, the share up to which scoring all that pass a filter is the cheaper search.

    Measured with random filters of shares 1/1024, 1/512, ... until the index wins.
    """
    random = np.random.default_rng(seed)
    queries = sample.queries[: TIMED_QUERIES // 4]
    cheaper = 0.0
    for share in (2.0**-step for step in range(10, 0, -1)):
        passing = random.random(len(vectors)) < share
        if np.count_nonzero(passing) < sample.k:
            cheaper = share  # all of them are wanted
            continue
        approximate = _seconds(
            partial(_search_behind_filter, searcher, sample.k, effort, share), queries
        )
        exact = _seconds(partial(_search_passing, vectors, passing, sample.k), queries)
        if exact > approximate:
            break
        cheaper = share
    return cheaper


def _search_behind_filter(
    searcher: Searcher, k: int, effort: Effort, share: float, queries: np.ndarray
) -> None:
    fetch = fetch_behind_filter(k, share, searcher.items)
    searcher.search(queries, fetch, effort_at_depth(searcher, effort, k, fetch))


def _search_passing(vectors: np.ndarray, passing: np.ndarray, k: int, queries: np.ndarray) -> None:
    best_of_blocks(queries, vectors, np.flatnonzero(passing), k)


def _seconds(search: Callable[[np.ndarray], Any], queries: np.ndarray) -> float:
    """Median time of a search for one query, the first one's not counted."""
    times = []
    for at in [0, *range(len(queries))]:
        started = time.perf_counter()
        search(queries[at : at + 1])
        times.append(time.perf_counter() - started)
    return median(times[1:])
