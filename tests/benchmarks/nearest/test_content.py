"""A peer's settings are chosen on half of the queries and measured on the other half."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from benchmarks.nearest.content import EXACT, QUERIES, TARGET, Search, reported, tuned

SOME, FOUND = 4, 20
"""Queries in each half, and what an exact search finds of each."""


@pytest.fixture
def exact(tmp_path: Path) -> np.ndarray:
    """A query is its own number, by which a search finds it again."""
    exact = np.random.default_rng(1).permuted(np.tile(np.arange(50), (2 * SOME, 1)), axis=1)
    np.save(tmp_path / EXACT, exact[:, :FOUND])
    np.save(tmp_path / QUERIES, np.arange(2.0 * SOME)[:, None])
    return exact[:, :FOUND]


class Settings:
    """A family of searches that find ever more, and which of them were tried."""

    def __init__(self, exact: np.ndarray, shares: list[float], seconds: float = 0.0) -> None:
        self.exact, self.shares, self.seconds = exact, shares, seconds
        self.tried: list[float] = []
        self.asked: dict[float, list[int]] = {share: [] for share in shares}

    def __iter__(self) -> Iterator[Search]:
        for share in self.shares:
            self.tried.append(share)
            yield lambda query, share=share: self.search(int(query[0, 0]), share)

    def search(self, query: int, share: float) -> np.ndarray:
        time.sleep(self.seconds)
        self.asked[share].append(query)
        return self.exact[query, : round(share * FOUND)]


def test_the_first_that_reaches_the_target_is_measured_on_the_others(
    tmp_path: Path, exact: np.ndarray
) -> None:
    family = Settings(exact, [0.5, TARGET, 1.0])
    assert tuned(tmp_path, family)["recall@200"] == TARGET
    assert family.tried == [0.5, TARGET]
    assert family.asked[0.5] == [0, 1, 2, 3]
    assert family.asked[TARGET] == [0, 1, 2, 3, 4, 5, 6, 7]


def test_of_families_that_reach_it_the_fastest_counts(tmp_path: Path, exact: np.ndarray) -> None:
    slow, fast = Settings(exact, [0.5, 1.0], seconds=0.03), Settings(exact, [0.95])
    figures = tuned(tmp_path, slow, fast)
    assert figures["recall@200"] == 0.95
    assert figures["p50_ms"] < 30
    assert not set(slow.asked[1.0]) & {4, 5, 6, 7}


def test_a_fast_family_that_misses_it_does_not_count(tmp_path: Path, exact: np.ndarray) -> None:
    slow, fast = Settings(exact, [1.0], seconds=0.03), Settings(exact, [0.5, 0.9])
    figures = tuned(tmp_path, fast, slow)
    assert figures["recall@200"] == 1.0
    assert figures["p50_ms"] >= 30


def test_where_none_reaches_it_the_one_that_finds_most_counts(
    tmp_path: Path, exact: np.ndarray
) -> None:
    families = Settings(exact, [0.2, 0.6]), Settings(exact, [0.3, 0.8]), Settings(exact, [0.7])
    assert tuned(tmp_path, *families)["recall@200"] == 0.8


def test_figures_are_of_the_second_half(tmp_path: Path, exact: np.ndarray) -> None:
    figures = reported(
        tmp_path, lambda query: exact[int(query[0, 0])] if query > 5 else exact[0, :0]
    )
    # Of queries 4 to 7 the last two are answered.
    assert figures["recall@200"] == 0.5
