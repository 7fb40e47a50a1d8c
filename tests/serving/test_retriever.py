import dataclasses
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.config import IndexConfig
from schemas.exact_search import best_of_blocks
from serving.deadline import Deadline
from serving.errors import RequestError
from serving.retriever import open_retriever
from tests.serving.build import make_index

EXACT = IndexConfig(recall_k=10, recall_queries=300)
AH = dataclasses.replace(EXACT, exact_below=500)
TREE = dataclasses.replace(EXACT, exact_below=500, tree_from=1_000)
ITEMS, DIM = 2_000, 16

NOTHING = np.zeros(0, dtype=np.int64)


def clustered(rows, seed):
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(0).normal(size=(20, DIM))
    points = centres[rng.integers(20, size=rows)] + 0.5 * rng.normal(size=(rows, DIM))
    return points.astype(np.float32)


VECTORS, QUERIES = clustered(ITEMS, seed=1), clustered(8, seed=2)


@pytest.fixture(scope="module", params=[EXACT, AH, TREE], ids=["exact", "ah", "tree"])
def retriever(request, tmp_path_factory):
    root = tmp_path_factory.mktemp("index")
    return open_retriever(make_index(root, VECTORS, clustered(600, seed=3), request.param))


def check(hits, vectors, queries, k, exclude):
    """What holds for any index: allowed, distinct, real, complete, ordered, truly scored."""
    for query, rows, scores, valid, barred in zip(queries, *hits, exclude, strict=True):
        count = min(k, len(vectors) - len(np.unique(barred)))
        assert len(rows) == k
        np.testing.assert_array_equal(valid, np.arange(k) < count)
        assert len(set(rows[valid])) == count
        assert not set(rows[valid]) & set(barred)
        assert ((rows[valid] >= 0) & (rows[valid] < len(vectors))).all()
        np.testing.assert_allclose(
            scores[valid], vectors[rows[valid]] @ query, rtol=1e-4, atol=1e-4
        )
        assert (np.diff(scores[valid]) <= 0).all()
        assert (rows[~valid] == -1).all()
        assert (scores[~valid] == -np.inf).all()


@given(
    seed=st.integers(0, 10_000),
    items=st.integers(1, 40),
    k=st.integers(1, 60),
    shares=st.lists(st.floats(0, 1), min_size=1, max_size=4),
)
@settings(max_examples=60)
def test_an_exact_index_equals_brute_force(seed, items, k, shares):
    rng = np.random.default_rng(seed)
    # Small whole numbers: inner products are exact, and many are equal.
    vectors = rng.integers(-2, 3, size=(items, 3)).astype(np.float32)
    queries = rng.integers(-2, 3, size=(len(shares), 3)).astype(np.float32)
    exclude = [np.flatnonzero(rng.random(items) < share) for share in shares]
    with tempfile.TemporaryDirectory() as directory:
        hits = open_retriever(make_index(Path(directory), vectors, queries, EXACT)).search(
            queries, k, exclude
        )
    check(hits, vectors, queries, k, exclude)
    for query, scores, valid, barred in zip(queries, hits.scores, hits.valid, exclude, strict=True):
        allowed = np.setdiff1d(np.arange(items), barred)
        best = np.sort(vectors[allowed] @ query)[::-1][:k]
        np.testing.assert_array_equal(scores[valid], best)


@given(
    k=st.integers(1, ITEMS + 100),
    seed=st.integers(0, 10_000),
    shares=st.lists(st.sampled_from([0.0, 0.001, 0.1, 0.9, 0.999, 1.0]), min_size=1, max_size=8),
)
@settings(max_examples=40)
def test_every_index_answers_fully_and_only_with_allowed_items(retriever, k, seed, shares):
    rng = np.random.default_rng(seed)
    exclude = [np.flatnonzero(rng.random(ITEMS) < share) for share in shares]
    queries = QUERIES[: len(shares)]
    check(retriever.search(queries, k, exclude), VECTORS, queries, k, exclude)


def test_excluding_the_best_gives_the_next_best(retriever):
    # All of the 300 best are barred: more than any index fetches at first for k = 10.
    best = np.argsort(-(QUERIES @ VECTORS.T), axis=1)
    hits = retriever.search(QUERIES, 10, list(best[:, :300]))
    expected = best[:, 300:310]
    found = [len(set(a) & set(b)) for a, b in zip(hits.rows, expected, strict=True)]
    # Exact search finds all 10; a tree built for recall among the 10 best finds 8.7 and more.
    assert np.mean(found) >= 8


def test_everything_excluded(retriever):
    hits = retriever.search(QUERIES[:2], 5, [np.arange(ITEMS), NOTHING])
    np.testing.assert_array_equal(hits.valid, [[False] * 5, [True] * 5])


def test_no_query(retriever):
    assert retriever.search(QUERIES[:0], 5, []).rows.shape == (0, 5)


def test_a_query_alone_and_in_a_batch(retriever):
    together = retriever.search(QUERIES[:3], 10, [NOTHING] * 3)
    for at in range(3):
        alone = retriever.search(QUERIES[at : at + 1], 10, [NOTHING])
        np.testing.assert_array_equal(alone.rows[0], together.rows[at])


def test_score_is_the_inner_product(retriever):
    rows = np.array([7, 0, 1_999])
    # [2 queries, 3 rows]
    expected = [[float(np.dot(q, VECTORS[r])) for r in rows] for q in QUERIES[:2]]
    np.testing.assert_allclose(retriever.score(QUERIES[:2], rows), expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("queries", "k", "exclude", "message"),
    [
        (QUERIES[:1], 0, [NOTHING], "k: expected at least 1, got 0"),
        (
            QUERIES[:2] * [[1], [np.nan]],
            5,
            [NOTHING] * 2,
            r"queries\[1\]: expected finite numbers, got NaN",
        ),
        (QUERIES[:2], 5, [NOTHING], "exclude: expected one for each of 2 queries, got 1"),
        (
            QUERIES[:1],
            5,
            [np.array([-1])],
            rf"exclude\[0\]: expected rows from 0 to {ITEMS - 1}, got -1 to -1",
        ),
        (
            QUERIES[:1],
            5,
            [np.array([3, ITEMS])],
            rf"exclude\[0\]: expected rows from 0 to {ITEMS - 1}, got 3 to {ITEMS}",
        ),
    ],
)
def test_refused(retriever, queries, k, exclude, message):
    with pytest.raises(ValueError, match=message):
        retriever.search(queries, k, exclude)


@pytest.mark.parametrize(
    ("queries", "shape"),
    [
        (QUERIES[:1, :5], r"\[1, 5\]"),
        (QUERIES[0], r"\[16\]"),
        (QUERIES[None], r"\[1, 8, 16\]"),
        (QUERIES[:0, :5], r"\[0, 5\]"),
    ],
)
def test_queries_of_another_shape_are_refused(retriever, queries, shape):
    with pytest.raises(ValueError, match=rf"queries: expected \[queries, 16\], got {shape}$"):
        retriever.search(queries, 5, [NOTHING] * len(queries))


def test_k_beyond_the_items_is_only_padding(retriever, monkeypatch):
    blocks = []

    def best(queries, vectors, rows, k, *more):
        blocks.append(k)
        return best_of_blocks(queries, vectors, rows, k, *more)

    monkeypatch.setattr("serving.retriever.best_of_blocks", best)
    exclude = [NOTHING, np.arange(3)]
    hits = retriever.search(QUERIES[:2], 50 * ITEMS, exclude)
    check(hits, VECTORS, QUERIES[:2], 50 * ITEMS, exclude)
    assert max(blocks) <= ITEMS + 1 + 3  # one more than there are, and those that are barred


def test_an_index_with_a_pickle_is_not_opened(tmp_path):
    artifact = make_index(tmp_path, VECTORS[:10], QUERIES, EXACT)
    (artifact.path / "scann" / "scann_docids.pkl").write_bytes(b"")
    with pytest.raises(ValueError, match=r"scann_docids\.pkl: expected no pickle"):
        open_retriever(artifact)


def test_an_index_whose_files_do_not_match_is_not_opened(tmp_path):
    artifact = make_index(tmp_path, VECTORS[:10], QUERIES, EXACT)
    (artifact.path / "item_ids.txt").write_text("i0\ni1\n")
    with pytest.raises(ValueError, match="expected a vector for each of 2 ids, got 10"):
        open_retriever(artifact)


def test_no_harder_search_begins_when_nobody_waits(retriever, monkeypatch):
    deadline, searched = Deadline(), []

    def finds_nothing(queries):
        searched.append(len(queries))
        deadline.cancel()
        return np.zeros((len(queries), 1), np.int64), np.full((len(queries), 1), np.nan, np.float32)

    monkeypatch.setattr(type(retriever), "_attempts", lambda *_: [finds_nothing, finds_nothing])
    with pytest.raises(RequestError, match="hung up"):
        deadline.run(retriever.search, QUERIES, 5, [NOTHING] * len(QUERIES))
    assert searched == [len(QUERIES)]
