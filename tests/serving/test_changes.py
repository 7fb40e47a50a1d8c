"""An index with changes beside it: what searches find."""

import dataclasses
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.config import IndexConfig
from serving.changes import no_changes
from serving.retriever import open_retriever
from tests.serving.build import make_index

EXACT = IndexConfig(recall_k=10, recall_queries=300)
AH = dataclasses.replace(EXACT, exact_below=200)
TREE = dataclasses.replace(AH, tree_from=400)
ITEMS, DIM = 600, 8
KINDS = {"exact": EXACT, "ah": AH, "tree": TREE}
NOTHING = np.zeros(0, dtype=np.int64)


def normal(*shape, seed):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


VECTORS, QUERIES = normal(ITEMS, DIM, seed=1), normal(3, DIM, seed=2)


@pytest.fixture(scope="module", params=list(KINDS))
def artifact(request, tmp_path_factory):
    root = tmp_path_factory.mktemp("index")
    return make_index(root, VECTORS, normal(600, DIM, seed=3), KINDS[request.param])


@pytest.fixture
def built(artifact):
    return open_retriever(artifact)


def found(retriever, query=0, k=10_000):
    """Item id to score of everything that a search finds."""
    hits = retriever.search(QUERIES[query : query + 1], k, [NOTHING])
    ids = retriever.item_ids
    rows, scores = hits.rows[0][hits.valid[0]], hits.scores[0][hits.valid[0]]
    return {ids[row]: score for row, score in zip(rows, scores, strict=True)}


change = st.tuples(
    st.sampled_from(["upsert", "delete"]),
    st.sets(st.integers(0, ITEMS + 30), min_size=1, max_size=20),
)


@given(
    changes=st.lists(change, max_size=6),
    k=st.integers(1, ITEMS + 100),
    shares=st.lists(st.sampled_from([0.0, 0.01, 0.3, 1.0]), min_size=1, max_size=3),
    allow=st.sampled_from([None, 0.0, 0.02, 0.1, 0.5, 0.95, 1.0]),
    newest=st.integers(0, 3),
    seed=st.integers(0, 10_000),
)
@example(  # what was changed fills the list before the search has seen a built item that passes
    changes=[("upsert", {0}), ("upsert", {0, 1, 2})],
    k=1,
    shares=[0.0],
    allow=0.5,
    newest=0,
    seed=0,
)
@settings(max_examples=80)
def test_any_changes_and_filters_against_brute_force(
    artifact, changes, k, shares, allow, newest, seed
):
    random = np.random.default_rng(seed)
    current = open_retriever(artifact)
    expected = {f"i{row}": VECTORS[row] for row in range(ITEMS)}
    for kind, numbers in changes:
        ids = [f"i{number}" for number in sorted(numbers)]
        if kind == "upsert":
            vectors = random.normal(size=(len(ids), DIM)).astype(np.float32)
            current = current.with_items(ids, vectors)
            expected |= dict(zip(ids, vectors, strict=True))
        else:
            ids = [item_id for item_id in ids if item_id in expected]
            current = current.without_items(ids)
            expected = {i: v for i, v in expected.items() if i not in ids}

    names, queries = np.array(current.item_ids), QUERIES[: len(shares)]
    exclude = [np.flatnonzero(random.random(len(current)) < share) for share in shares]
    # A filter may be older than the newest items, and then knows nothing of them.
    allowed = None if allow is None else random.random(len(current)) < allow
    if allowed is not None and newest:
        allowed = allowed[:-newest]
    hits = current.search(queries, k, exclude, allowed)

    for query, barred, rows, scores, valid in zip(queries, exclude, *hits, strict=True):
        passes = np.isin(names, list(expected))
        passes[barred] = False
        if allowed is not None:
            passes[: len(allowed)] &= allowed
            passes[len(allowed) :] = False
        true = {name: float(expected[name] @ query) for name in names[passes]}
        count = min(k, len(true))
        np.testing.assert_array_equal(valid, np.arange(k) < count)
        assert len(set(rows[valid])) == count
        assert set(names[rows[valid]]) <= set(true)
        np.testing.assert_allclose(
            scores[valid], [true[name] for name in names[rows[valid]]], rtol=1e-4, atol=1e-4
        )
        assert (np.diff(scores[valid]) <= 0).all()
        assert (rows[~valid] == -1).all()
        assert (scores[~valid] == -np.inf).all()
        if current.kind == "exact" or count == len(true):
            best = sorted(true.values(), reverse=True)[:k]
            np.testing.assert_allclose(scores[valid], best, rtol=1e-4, atol=1e-4)


def test_searched_by_threads_while_changes_are_swapped_in(built):
    current, stop = [built], threading.Event()

    def read(seed):
        random, searches = np.random.default_rng(seed), 0
        while not stop.is_set():
            retriever, query = current[0], random.normal(size=(1, DIM)).astype(np.float32)
            hits = retriever.search(query, 50, [NOTHING])
            assert len(set(hits.rows[0])) == 50
            # Of an item that is deleted there is no vector.
            true = retriever.vectors(hits.rows[0]) @ query[0]
            np.testing.assert_allclose(hits.scores[0], true, rtol=1e-4, atol=1e-4)
            searches += 1
        return searches

    with ThreadPoolExecutor(2) as pool:
        readers = [pool.submit(read, seed) for seed in (1, 2)]
        try:
            for number, vector in enumerate(normal(300, DIM, seed=8)):
                ids, vectors = [f"i{number}", f"new{number}"], np.stack([vector, 9 * vector])
                current[0] = current[0].with_items(ids, vectors)
                current[0] = current[0].without_items([f"i{ITEMS - 1 - number}"])
        finally:
            stop.set()
        assert min(reader.result() for reader in readers) > 0


def test_few_allowed_items_are_searched_exactly(built):
    random = np.random.default_rng(0)
    share = built.index.exact_share
    assert 0 < share < 1
    allowed = np.zeros(ITEMS, dtype=bool)
    allowed[random.choice(ITEMS, int(share * ITEMS), replace=False)] = True
    hits = built.search(QUERIES, 5, [NOTHING] * 3, allowed)
    true = np.where(allowed, QUERIES @ VECTORS.T, -np.inf)
    np.testing.assert_array_equal(hits.rows, np.argsort(-true, axis=1)[:, :5])


def test_new_changed_and_deleted(built):
    vectors = np.stack([QUERIES[0] * 100, QUERIES[0] * -100])
    changed = built.with_items(["new", "i7"], vectors).without_items(["i8"])
    norm = float(QUERIES[0] @ QUERIES[0])
    scores = found(changed)
    assert next(iter(scores)) == "new"
    assert list(scores)[-1] == "i7"
    assert (scores["new"], scores["i7"]) == pytest.approx((100 * norm, -100 * norm), rel=1e-5)
    assert "i8" not in scores
    assert len(scores) == ITEMS
    # Who began before does not see it.
    assert "i8" in found(built)
    assert len(found(built)) == ITEMS

    assert changed.rows(["i0", "i7", "i8", "new", "?"]).tolist() == [0, 7, -1, ITEMS, -1]
    np.testing.assert_array_equal(
        changed.vectors(np.array([ITEMS, 3, 7])),
        np.stack([QUERIES[0] * 100, VECTORS[3], QUERIES[0] * -100]),
    )


def test_a_deleted_item_comes_back_in_its_row(built):
    gone = built.with_items(["new"], QUERIES[:1]).without_items(["new", "i3"])
    back = gone.with_items(["i3", "other", "new"], QUERIES)
    assert back.rows(["i3", "other", "new"]).tolist() == [3, ITEMS + 1, ITEMS]
    np.testing.assert_array_equal(back.vectors(np.array([3, ITEMS])), QUERIES[[0, 2]])


def test_rows_of_no_item_have_no_vector(built):
    changed = built.without_items(["i3"])
    for row in (3, -1, ITEMS):
        with pytest.raises(ValueError, match="rows: expected rows of items from 0 to 599"):
            changed.vectors(np.array([0, row]))
        with pytest.raises(ValueError, match="rows: expected"):
            changed.score(QUERIES, np.array([row]))


def test_everything_deleted(built):
    empty = built.without_items([f"i{row}" for row in range(ITEMS)])
    hits = empty.search(QUERIES, 5, [NOTHING] * 3)
    assert not hits.valid.any()
    assert list(found(empty.with_items(["new"], QUERIES[:1]))) == ["new"]


def test_what_is_no_item_cannot_be_deleted(built):
    with pytest.raises(ValueError, match=r"item_ids: expected ids of items, got \['\?'\]"):
        built.without_items(["i1", "?"])


def test_most_of_the_best_items_that_pass_a_filter_are_found(built):
    random = np.random.default_rng(5)
    others = [f"i{row}" for row in range(0, 60, 10)]
    current, recalls = built.with_items(others, normal(6, DIM, seed=6)), []
    vectors = current.vectors(np.arange(ITEMS))
    for query in normal(100, DIM, seed=7):
        allowed = random.random(ITEMS) < 0.4
        hits = current.search(query[None], 10, [NOTHING], allowed)
        true = np.where(allowed, vectors @ query, -np.inf)
        recalls.append(np.isin(np.argsort(-true)[:10], hits.rows[0]).mean())
    assert np.mean(recalls) > 0.93


def test_when_a_rebuild_is_needed(built):
    # 1% of 600 items are 6.
    changed = built.with_items(["i1", "i2", "new1"], QUERIES)
    changed = changed.with_items(["i1"], QUERIES[:1])  # again: still 3 that are not as built
    changed = changed.without_items(["i3", "i4", "i2"])  # 5: i2 was counted
    changed = changed.with_items(["new2"], QUERIES[:1])
    assert changed.changes.count == 6
    assert not changed.needs_rebuild
    assert changed.without_items(["i5"]).needs_rebuild


def test_retired_items_that_came_back_are_changes():
    changes = no_changes(100, DIM, ["a", "b", "c"])
    assert changes.count == 0
    back = changes.with_items(np.array([100, 102]), QUERIES[:2], {})
    new = back.with_items(np.array([103]), QUERIES[:1], {"new": 103})
    assert (back.count, new.count) == (2, 3)
    assert new.without_items(np.array([100])).count == 2


def test_new_items_that_went_again_ask_for_a_rebuild_too(built):
    changed = built
    for number in range(7):
        changed = changed.with_items([f"new{number}"], QUERIES[:1])
        changed = changed.without_items([f"new{number}"])
    assert len(found(changed)) == ITEMS
    assert changed.needs_rebuild
