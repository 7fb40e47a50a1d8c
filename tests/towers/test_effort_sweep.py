import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.artifacts import write_json
from schemas.config import IndexConfig
from schemas.searcher import Effort, Searcher
from towers.effort_sweep import (
    Sample,
    Tried,
    confirmed,
    efforts,
    exact_sample,
    measured,
    recalls,
    sweep,
)
from towers.index import build_index

ITEMS, DIM = 2_000, 16
TREE = IndexConfig(exact_below=500, tree_from=1_000, recall_k=10, recall_queries=300)


def clustered(rows, seed):
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(0).normal(size=(20, DIM))
    points = centres[rng.integers(20, size=rows)] + 0.5 * rng.normal(size=(rows, DIM))
    return points.astype(np.float32)


VECTORS, QUERIES = clustered(ITEMS, seed=1), clustered(600, seed=2)


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    path = tmp_path_factory.mktemp("tree")
    ids = [f"i{row}" for row in range(ITEMS)]
    figures = build_index(ids, VECTORS, QUERIES, TREE, path)
    return Searcher(path, figures["parameters"]["leaves"])


steps = st.lists(st.integers(1, 1_000), min_size=1, max_size=8, unique=True).map(sorted)


@given(leaves=steps, reorders=steps, dear=st.integers(0, 10), target=st.floats(0, 1.2))
def test_the_walk_finds_the_cheapest_of_the_whole_grid(leaves, reorders, dear, target):
    def measure(effort):
        # Any recall and cost that rise with both numbers.
        recall = (effort.leaves_to_search / 1_000) ** 0.5 * (effort.reorder / 1_000) ** 0.3
        cost = effort.leaves_to_search * dear + effort.reorder
        return Tried(effort, recall, 0.0, cost)

    walked = list(sweep(leaves, reorders, measure, target))
    grid = [measure(Effort(leaf, reorder)) for leaf in leaves for reorder in reorders]
    best = min((t.query_ms for t in grid if t.recall >= target), default=None)
    assert min((t.query_ms for t in walked if t.recall >= target), default=None) == best
    assert len(walked) <= len(leaves) + len(reorders) - 1


def test_a_sample_that_just_reaches_the_target_does_not_count():
    # .96 ± .004: another sample is below .95 with a chance of 4%; .97 ± .004 is five errors off.
    assert not Tried(Effort(), 0.96, 0.004, 1.0).reaches(0.95)
    assert Tried(Effort(), 0.97, 0.004, 1.0).reaches(0.95)
    assert Tried(Effort(), 1.0, 0.0, 1.0).reaches(1.0)


def test_a_setting_that_other_queries_do_not_confirm_makes_way_for_the_next(tree):
    sample = exact_sample(QUERIES[:100], VECTORS, 10)
    lucky, right = (Tried(Effort(n, 320), 0.99, 0.001, n) for n in (1, tree.leaves))
    chosen, recall = confirmed(tree, VECTORS, sample, [lucky, right], 0.95)
    assert chosen == right
    assert recall == recalls(tree, VECTORS, sample, right.effort).mean() >= 0.95
    with pytest.raises(ValueError, match=r"recall@10: expected at least 0\.95, got at most 0\."):
        confirmed(tree, VECTORS, sample, [lucky], 0.95)


def test_kth_best_in_blocks(monkeypatch):
    whole = exact_sample(QUERIES, VECTORS, 7)
    monkeypatch.setattr("towers.effort_sweep.BATCH_BYTES", 4 * ITEMS * 11)
    in_blocks = exact_sample(QUERIES, VECTORS, 7)
    np.testing.assert_allclose(in_blocks.kth_best, whole.kth_best, rtol=1e-6)
    np.testing.assert_allclose(
        whole.kth_best, np.sort(QUERIES @ VECTORS.T, axis=1)[:, -7], rtol=1e-5
    )


def test_recall_does_not_depend_on_the_length_of_vectors(tree):
    one_leaf = Effort(1, 10)
    whole = recalls(tree, VECTORS, exact_sample(QUERIES, VECTORS, 10), one_leaf)
    for times in (1e-6, 1e6):
        vectors = (times * VECTORS).astype(np.float32)  # the tree's answers stay the same
        found = recalls(tree, vectors, exact_sample(QUERIES, vectors, 10), one_leaf)
        assert found.mean() == pytest.approx(whole.mean(), abs=1e-3)
    assert whole.mean() < 0.9


def test_recall_by_hand(tree):
    # Of the 4 nearest, a list whose exact 4th is the true 2nd's score holds 2 as good: recall .5.
    scores = np.sort(QUERIES @ VECTORS.T, axis=1)[:, ::-1]
    rounding = np.full(len(QUERIES), 1e-4, np.float32)
    sample = Sample(QUERIES, scores[:, 1], rounding, 4)
    everything = Effort(tree.leaves, ITEMS)
    np.testing.assert_array_equal(recalls(tree, VECTORS, sample, everything), 0.5)


def test_padding_is_no_neighbour(tree):
    # To a query of zeros all items are equally good, but one leaf does not hold all of them, and
    # what ScaNN pads with does not count.
    sample = Sample(QUERIES[:2] * 0, np.zeros(2, np.float32), np.zeros(2, np.float32), ITEMS)
    one_leaf = recalls(tree, VECTORS, sample, Effort(1, ITEMS))
    assert ((one_leaf > 0) & (one_leaf < 0.5)).all()
    np.testing.assert_array_equal(recalls(tree, VECTORS, sample, Effort(tree.leaves, ITEMS)), 1.0)


def test_a_measured_setting(tree, tmp_path):
    sample = exact_sample(QUERIES, VECTORS, 10)
    cheap = measured(tree, VECTORS, sample, Effort(1, 10))
    dear = measured(tree, VECTORS, sample, Effort(tree.leaves, ITEMS))
    assert cheap.recall < dear.recall == 1.0
    assert 0 < cheap.query_ms < dear.query_ms
    assert (dear.error, cheap.error > 0) == (0.0, True)
    write_json(tmp_path / "figures.json", cheap.as_figures())  # plain numbers


def test_settings_to_try(tree):
    leaves, reorders = efforts(tree, "tree", 10)
    assert leaves == sorted(set(leaves))
    assert (leaves[0], leaves[-1]) == (1, tree.leaves)
    assert (reorders[0], reorders[-1]) == (10, 320)
    assert efforts(tree, "exact", 10) == ([None], [None])
