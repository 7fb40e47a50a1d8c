"""What is counted of pairs of items, against plain loops, and how it is looked up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranking.affinities import DAMPING, KINDS, STEPS, ItemAffinities, count_affinities
from ranking.affinity_features import FADES, FEATURES, RESOLUTION, AffinityFeatures
from ranking.neighbours import NO_ITEM, look_up
from schemas.config import RankingConfig
from schemas.histories import Histories
from tests.ranking.test_samples import make_histories

INDICES = 12
EVERY = RankingConfig(neighbours=16, ease_l2=2.0)


@pytest.fixture(scope="module")
def histories() -> Histories:
    random = np.random.default_rng(5)
    lengths = (9, 1, 6, 10, 3)
    return make_histories([(1 + random.permutation(10)[:n]).tolist() for n in lengths])


def dense(affinities: ItemAffinities) -> np.ndarray:
    """`[indices, indices, kinds]`."""
    found = np.zeros((len(affinities.neighbour), len(affinities.neighbour), len(KINDS)))
    for row, (neighbour, strength) in enumerate(
        zip(affinities.neighbour, affinities.strength, strict=True)
    ):
        real = neighbour != NO_ITEM
        assert (np.diff(neighbour[real]) > 0).all()
        assert not strength[~real].any()
        found[row, neighbour[real]] = strength[real]
    return found


def successions(histories: Histories) -> np.ndarray:
    counts = np.zeros((INDICES, INDICES))
    for begin, end in zip(histories.offsets, histories.offsets[1:], strict=False):
        items = histories.item_id[begin:end]
        for at, item in enumerate(items):
            for step in range(1, STEPS + 1):
                if at + step < len(items):
                    counts[item, items[at + step]] += 1 / step
    return counts


def test_successions_are_those_of_a_plain_loop(histories: Histories) -> None:
    found = dense(count_affinities(histories, INDICES, EVERY))
    counts = successions(histories)
    followed = counts / (counts.sum(axis=1, keepdims=True) + DAMPING)
    preceded = counts.T / (counts.sum(axis=0)[:, None] + DAMPING)
    np.testing.assert_allclose(found[..., 0], followed, atol=1e-6)
    np.testing.assert_allclose(found[..., 1], preceded, atol=1e-6)


def test_ease_is_the_regression_it_solves(histories: Histories) -> None:
    # B minimises |X - XB|^2 + l2 |B|^2 with a diagonal of 0: column by column a ridge regression.
    had = np.zeros((len(histories.users), INDICES))
    had[np.repeat(np.arange(len(had)), histories.lengths), histories.item_id] = 1
    expected = np.zeros((INDICES, INDICES))
    for item in np.unique(histories.item_id):
        others = np.setdiff1d(np.unique(histories.item_id), item)
        x = had[:, others]
        solved = np.linalg.solve(x.T @ x + 2.0 * np.eye(len(others)), x.T @ had[:, item])
        expected[others, item] = solved
    found = dense(count_affinities(histories, INDICES, EVERY))
    np.testing.assert_allclose(found[..., 2], np.maximum(expected, 0), atol=1e-5)


def test_items_beyond_the_most_popular_have_no_ease(histories: Histories) -> None:
    found = dense(count_affinities(histories, INDICES, replace(EVERY, ease_items=3)))[..., 2]
    popular = np.argsort(-np.bincount(histories.item_id, minlength=INDICES), kind="stable")[:3]
    rest = np.setdiff1d(np.arange(INDICES), popular)
    assert not found[rest].any()
    assert not found[:, rest].any()


def test_the_strongest_neighbours_stay(histories: Histories) -> None:
    whole = dense(count_affinities(histories, INDICES, EVERY))
    few = count_affinities(histories, INDICES, replace(EVERY, neighbours=4))
    assert few.neighbour.shape == (INDICES, 4)
    kept = dense(few)
    measure = (whole / np.maximum(whole.max(axis=1, keepdims=True), 1e-30)).max(axis=2)
    for row in range(INDICES):
        stays = kept[row].any(axis=1)
        assert stays.sum() == min(4, (measure[row] > 0).sum())
        np.testing.assert_allclose(kept[row][stays], whole[row][stays])
        if stays.any() and not stays.all():
            assert measure[row][stays].min() >= measure[row][~stays].max()


def test_nothing_counted_is_nothing_found() -> None:
    empty = make_histories([[1]]).head(np.array([0]))
    found = count_affinities(empty, INDICES, EVERY)
    assert (found.neighbour == NO_ITEM).all()
    assert not found.strength.any()


@given(st.integers(0, 1_000), st.sampled_from([1, 2, 4, 8]))
def test_look_up_finds_what_is_there(seed: int, count: int) -> None:
    random = np.random.default_rng(seed)
    neighbour = np.full((20, count), NO_ITEM, np.int32)
    for row in neighbour:
        some = np.sort(random.choice(np.arange(1, 20), random.integers(0, count + 1), False))
        row[: len(some)] = some
    strength = random.random((20, count, len(KINDS))).astype(np.float32)
    history, candidates = random.integers(0, 20, (2, 3, 4)), random.integers(0, 20, (2, 2, 5))
    found = np.asarray(look_up(neighbour, strength, history, candidates))
    assert found.shape == (2, 2, 5, 3, 4, len(KINDS))
    table = dense(
        ItemAffinities(neighbour, np.where((neighbour < NO_ITEM)[..., None], strength, 0))
    )
    expected = table[history[:, None, None], candidates[:, :, :, None, None]]
    np.testing.assert_allclose(found, expected)


def test_features_are_faded_sums() -> None:
    layer = AffinityFeatures()
    layer.build()
    strength = np.zeros((1, 2, 1, 1, 3, len(KINDS)), np.float32)
    strength[..., 0], strength[..., 2] = 0.01, [0.0, 0.02, 0.04]
    visible = np.array([[[[False, True, False]], [[False, True, True]]]])
    back = np.array([[1, 0, 0], [2, 1, 0]], np.float32)
    found = np.asarray(layer(strength, visible, back))
    assert found.shape == (1, 2, 1, 1, FEATURES)
    # The first cutoff sees one event, the second two, of which the older fades once.
    for cutoff, (first, last) in enumerate(
        [(lambda f: 0.01, lambda f: 0.02), (lambda f: 0.01 + 0.01 * f, lambda f: 0.04 + 0.02 * f)]
    ):
        by_kind = found[0, cutoff, 0, 0].reshape(len(KINDS), len(FADES))
        for number, fade in enumerate(FADES):
            expected = np.log1p(RESOLUTION * np.array([first(fade), 0.0, last(fade)]))
            np.testing.assert_allclose(by_kind[:, number], expected, rtol=1e-4)
