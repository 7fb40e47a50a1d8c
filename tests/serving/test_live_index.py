import dataclasses
import threading

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.artifacts import build
from schemas.config import IndexConfig
from serving.changes import no_changes
from serving.live_index import LiveIndex
from tests.serving.build import make_index
from towers.index import build_index

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
def live(artifact):
    return LiveIndex(artifact)


def builder(root, config=TREE):
    def built(item_ids, vectors):
        queries = normal(600, DIM, seed=4)
        named = dataclasses.replace(config, seed=len(item_ids))
        return build(
            root,
            "index",
            named,
            {},
            [],
            lambda out: build_index(item_ids, vectors, queries, named, out),
            force=True,
        )

    return built


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
    live = LiveIndex(artifact)
    expected = {f"i{row}": VECTORS[row] for row in range(ITEMS)}
    for kind, numbers in changes:
        ids = [f"i{number}" for number in sorted(numbers)]
        if kind == "upsert":
            vectors = random.normal(size=(len(ids), DIM)).astype(np.float32)
            live.upsert(ids, vectors)
            expected |= dict(zip(ids, vectors, strict=True))
        else:
            ids = [item_id for item_id in ids if item_id in expected]
            live.delete(ids)
            expected = {i: v for i, v in expected.items() if i not in ids}

    current = live.current
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


def test_few_allowed_items_are_searched_exactly(live):
    random = np.random.default_rng(0)
    share = live.current.index.exact_share
    assert 0 < share < 1
    allowed = np.zeros(ITEMS, dtype=bool)
    allowed[random.choice(ITEMS, int(share * ITEMS), replace=False)] = True
    hits = live.current.search(QUERIES, 5, [NOTHING] * 3, allowed)
    true = np.where(allowed, QUERIES @ VECTORS.T, -np.inf)
    np.testing.assert_array_equal(hits.rows, np.argsort(-true, axis=1)[:, :5])


def test_new_changed_and_deleted(live):
    before = live.current
    live.upsert(["new", "i7"], np.stack([QUERIES[0] * 100, QUERIES[0] * -100]))
    live.delete(["i8"])
    norm = float(QUERIES[0] @ QUERIES[0])
    scores = found(live.current)
    assert next(iter(scores)) == "new"
    assert list(scores)[-1] == "i7"
    assert (scores["new"], scores["i7"]) == pytest.approx((100 * norm, -100 * norm), rel=1e-5)
    assert "i8" not in scores
    assert len(scores) == ITEMS
    # Who began before does not see it.
    assert "i8" in found(before)
    assert len(found(before)) == ITEMS

    assert live.current.rows(["i0", "i7", "i8", "new", "?"]).tolist() == [0, 7, -1, ITEMS, -1]
    np.testing.assert_array_equal(
        live.current.vectors(np.array([ITEMS, 3, 7])),
        np.stack([QUERIES[0] * 100, VECTORS[3], QUERIES[0] * -100]),
    )


def test_a_deleted_item_comes_back_in_its_row(live):
    live.upsert(["new"], QUERIES[:1])
    live.delete(["new", "i3"])
    live.upsert(["i3", "other", "new"], QUERIES)
    assert live.current.rows(["i3", "other", "new"]).tolist() == [3, ITEMS + 1, ITEMS]
    np.testing.assert_array_equal(live.current.vectors(np.array([3, ITEMS])), QUERIES[[0, 2]])


def test_rows_of_no_item_have_no_vector(live):
    live.delete(["i3"])
    for row in (3, -1, ITEMS):
        with pytest.raises(ValueError, match="rows: expected rows of items from 0 to 599"):
            live.current.vectors(np.array([0, row]))
        with pytest.raises(ValueError, match="rows: expected"):
            live.current.score(QUERIES, np.array([row]))


def test_everything_deleted(live):
    live.delete([f"i{row}" for row in range(ITEMS)])
    hits = live.current.search(QUERIES, 5, [NOTHING] * 3)
    assert not hits.valid.any()
    live.upsert(["new"], QUERIES[:1])
    assert list(found(live.current)) == ["new"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda live: live.upsert(["a"], QUERIES), r"expected \[1, 8\], got \(3, 8"),
        (lambda live: live.upsert(["a"], QUERIES[:1] * np.nan), r"vectors\[0\]: expected finite"),
        (lambda live: live.upsert(["a", "a"], QUERIES[:2]), "item_ids: expected each id once"),
        (lambda live: live.upsert([""], QUERIES[:1]), r"item_ids\[0\]: expected an id of one line"),
        (lambda live: live.delete(["i1", "?"]), r"item_ids: expected ids of items, got \['\?'\]"),
        (lambda live: live.delete(["i1", "i1"]), "item_ids: expected each id once"),
    ],
)
def test_a_refused_change_changes_nothing(live, change, message):
    before = live.current
    with pytest.raises(ValueError, match=message):
        change(live)
    assert live.current is before


def test_most_of_the_best_items_that_pass_a_filter_are_found(live):
    random = np.random.default_rng(5)
    live.upsert([f"i{row}" for row in range(0, 60, 10)], normal(6, DIM, seed=6))
    current, recalls = live.current, []
    vectors = current.vectors(np.arange(ITEMS))
    for query in normal(100, DIM, seed=7):
        allowed = random.random(ITEMS) < 0.4
        hits = current.search(query[None], 10, [NOTHING], allowed)
        true = np.where(allowed, vectors @ query, -np.inf)
        recalls.append(np.isin(np.argsort(-true)[:10], hits.rows[0]).mean())
    assert np.mean(recalls) > 0.93


def test_when_a_rebuild_is_needed(live):
    # 1% of 600 items are 6.
    live.upsert(["i1", "i2", "new1"], QUERIES)
    live.upsert(["i1"], QUERIES[:1])  # again: still 3 items that are not as built
    live.delete(["i3", "i4", "i2"])  # 5: i2 was counted
    live.upsert(["new2"], QUERIES[:1])
    assert live.current.changes.count == 6
    assert not live.needs_rebuild
    live.delete(["i5"])
    assert live.needs_rebuild


def test_retired_items_that_came_back_are_changes():
    changes = no_changes(100, DIM, ["a", "b", "c"])
    assert changes.count == 0
    back = changes.with_items(np.array([100, 102]), QUERIES[:2], {})
    new = back.with_items(np.array([103]), QUERIES[:1], {"new": 103})
    assert (back.count, new.count) == (2, 3)
    assert new.without_items(np.array([100])).count == 2


def test_new_items_that_went_again_ask_for_a_rebuild_too(live):
    for number in range(7):
        live.upsert([f"new{number}"], QUERIES[:1])
        live.delete([f"new{number}"])
    assert len(found(live.current)) == ITEMS
    assert live.needs_rebuild


def test_a_rebuild_merges_what_changed(live, tmp_path):
    live.upsert(["new", "i7", "gone"], QUERIES)
    live.delete(["i8", "gone"])
    before = found(live.current)
    artifact = live.rebuild(builder(tmp_path))
    current = live.current
    assert current.item_ids == [f"i{row}" for row in range(ITEMS) if row != 8] + ["new"]
    assert (current.changes.count, live.needs_rebuild) == (0, False)
    assert artifact.figures["items"] == ITEMS
    after = found(current)
    assert set(after) == set(before)
    np.testing.assert_allclose([after[i] for i in before], list(before.values()), rtol=1e-4)


def test_changes_during_a_rebuild_are_kept(live, tmp_path):
    live.delete(["i1"])

    def built(item_ids, vectors):
        mine, ids, gone = QUERIES.copy(), ["i2", "late", "i1"], ["i3"]
        live.upsert(ids, mine)
        live.delete(gone)
        mine[:], ids[:], gone[:] = 0, ["i5", "i6", "i7"], ["i8"]  # the caller's are theirs again
        assert "late" in found(live.current)  # searched while the rebuild runs
        return builder(tmp_path)(item_ids, vectors)

    live.rebuild(built)
    assert live.current.changes.count == 4
    scores = found(live.current)
    for item_id, vector in zip(["i2", "late", "i1"], QUERIES, strict=True):
        assert scores[item_id] == pytest.approx(float(vector @ QUERIES[0]), rel=1e-4)
    assert "i3" not in scores
    assert len(scores) == ITEMS


def test_a_failed_rebuild_changes_nothing(live, tmp_path):
    live.delete(["i1"])

    def failing(item_ids, vectors):
        live.delete(["i2"])
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        live.rebuild(failing)
    assert len(found(live.current)) == ITEMS - 2

    def other_items(item_ids, vectors):
        return builder(tmp_path)(item_ids[1:], vectors[1:])

    with pytest.raises(ValueError, match="expected the 598 items of the rebuild"):
        live.rebuild(other_items)
    assert len(found(live.current)) == ITEMS - 2


def test_searched_under_concurrent_changes(live, tmp_path):
    """Every score is that of a vector which the item had while the search ran."""
    # An item's vector follows from its id and version: version v of item n is VECTORS[n] + v.
    # `begun` counts up before a change and `ended` after it, so that at any moment the version of
    # an item is one of ended ... begun; odd versions are deletions.
    items = ITEMS + 40
    base = np.concatenate([VECTORS, normal(40, DIM, seed=5)])
    begun, ended = np.zeros(items, int), np.zeros(items, int)
    begun[ITEMS:] = ended[ITEMS:] = 1  # not there yet
    failures, searches, stop = [], [], threading.Event()

    def write(numbers):
        random = np.random.default_rng(int(numbers[0]))
        while not stop.is_set():
            some = random.choice(numbers, 5, replace=False)
            for parity in (0, 1):
                those = some[ended[some] % 2 == parity]
                ids = [f"i{n}" for n in those]
                begun[those] += 1
                if parity:
                    live.upsert(ids, base[those] + begun[those, None].astype(np.float32))
                else:
                    live.delete(ids)
                ended[those] += 1

    def read(seed):
        random = np.random.default_rng(seed)
        while not stop.is_set():
            query = random.normal(size=(1, DIM)).astype(np.float32)
            first = ended.copy()
            current = live.current
            hits = current.search(query, 50, [NOTHING])
            last = begun.copy()
            ids = current.item_ids
            numbers = [int(ids[row][1:]) for row in hits.rows[0]]
            if not hits.valid.all() or len(set(numbers)) < 50:
                failures.append("not 50 items")
            for number, score in zip(numbers, hits.scores[0], strict=True):
                versions = [v for v in range(first[number], last[number] + 1) if v % 2 == 0]
                possible = [float((base[number] + np.float32(v)) @ query[0]) for v in versions]
                if not np.isclose(score, possible, rtol=1e-3, atol=1e-3).any():
                    failures.append((number, score, possible))
            searches.append(1)

    def guarded(work, argument):
        try:
            work(argument)
        except BaseException as error:
            failures.append(error)
            raise

    parts = np.array_split(np.random.default_rng(6).permutation(items), 2)
    threads = [threading.Thread(target=guarded, args=(write, part)) for part in parts]
    threads += [threading.Thread(target=guarded, args=(read, seed)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(2):
        live.rebuild(builder(tmp_path))
    stop.wait(1.0)
    stop.set()
    for thread in threads:
        thread.join()
    assert not failures, failures[:3]
    assert len(searches) > 100
    assert ended.sum() > 200
