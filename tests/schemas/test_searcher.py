import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from schemas.config import IndexConfig
from schemas.searcher import (
    Effort,
    Searcher,
    chosen_effort,
    effort_at_depth,
    fetch_behind_filter,
)
from towers.index import build_index

ITEMS = 900
VECTORS = np.random.default_rng(0).normal(size=(ITEMS, 16)).astype(np.float32)
EXACT = IndexConfig(recall_k=10)
TREE = dataclasses.replace(EXACT, exact_below=100, tree_from=200)


def opened(path, config):
    ids = [f"i{row}" for row in range(ITEMS)]
    figures = build_index(ids, VECTORS, VECTORS[:600], config, path)
    parameters = figures["parameters"]
    return Searcher(path, parameters.get("leaves")), chosen_effort(parameters)


def test_an_exact_search(tmp_path):
    searcher, effort = opened(tmp_path, EXACT)
    found = searcher.search(VECTORS[:3], 5, effort)
    np.testing.assert_array_equal(found.rows, np.argsort(-(VECTORS[:3] @ VECTORS.T))[:, :5])
    assert found.rows.dtype == np.int64
    assert found.valid.all()
    assert (searcher.items, searcher.leaves, effort) == (ITEMS, None, Effort())


def test_a_short_answer_is_marked(tmp_path):
    searcher, _ = opened(tmp_path, TREE)
    found = searcher.search(VECTORS[:3], 50, Effort(leaves_to_search=30, reorder=20))
    np.testing.assert_array_equal(found.valid, np.tile(np.arange(50) < 20, (3, 1)))


def test_no_query(tmp_path):
    found = opened(tmp_path, EXACT)[0].search(VECTORS[:0], 5, Effort())
    assert [each.shape for each in found] == [(0, 5)] * 3


def test_an_index_without_its_files(tmp_path):
    with pytest.raises(FileNotFoundError, match="scann: expected a ScaNN index, got none"):
        Searcher(tmp_path, None)


@pytest.mark.parametrize(
    ("k", "share", "expected"),
    [
        (10, 1.0, 10),
        (10, 0.25, 44),  # 1.1 * 10 * 4
        (10, 0.001, 1_000),  # there are no more
    ],
)
def test_what_to_fetch_behind_a_filter(k, share, expected):
    assert fetch_behind_filter(k, share, items=1_000) == expected


@pytest.mark.parametrize(
    ("effort", "fetch", "times", "expected"),
    [
        (Effort(4, 50), 10, 1, Effort(4, 50)),
        (Effort(4, 50), 5, 1, Effort(4, 50)),
        # Four times as deep: twice the leaves, 40 + 2 * (50 - 10) reordered.
        (Effort(4, 50), 40, 1, Effort(8, 120)),
        (Effort(None, 50), 40, 1, Effort(None, 120)),
        (Effort(), 40, 4, Effort()),
        (Effort(4, 50), 10, 4, Effort(16, 200)),
        # Limits: 1 000 items, 30 leaves.
        (Effort(4, 50), 800, 4, Effort(30, 1_000)),
        # Never fewer reordered than fetched.
        (Effort(4, 5), 10, 1, Effort(4, 10)),
    ],
)
def test_a_deeper_search(effort, fetch, times, expected):
    searcher = SimpleNamespace(items=1_000, leaves=30)
    assert effort_at_depth(searcher, effort, 10, fetch, times) == expected
