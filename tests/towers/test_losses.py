from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from towers.losses import block_size, full_softmax, sampled_softmax  # isort: skip  (prepares the process for TensorFlow)

import tensorflow as tf

from towers.negatives import NEVER_SEEN, Negatives
from towers.tfrs_loss import TfrsLoss, chunk_size


def _negatives(allowed: Any) -> Negatives:
    """Of positions that are rows of one step each."""
    seen_at = np.where(allowed, NEVER_SEEN, 0).astype(np.int32)
    return Negatives(tf.constant(seen_at), tf.ones(seen_at.shape[1], tf.bool), 1)


def _inputs(positions: int, items: int, dim: int = 8):
    """Every third position has no target, where there are so many."""
    random = np.random.default_rng(3)
    targets = random.integers(1, items, positions)
    targets[2::3] = 0
    return (
        tf.constant(random.normal(size=(positions, dim)), tf.float32),
        tf.constant(targets),
        tf.constant(random.normal(size=(items, dim)), tf.float32),
        _negatives(random.random((positions, items)) > 0.3),
    )


def _value_and_gradients(loss, queries, targets, catalogue, negatives, jit: bool = False):
    @tf.function(jit_compile=jit)
    def run():
        with tf.GradientTape() as tape:
            tape.watch([queries, catalogue])
            value = loss(queries, targets, catalogue, negatives)
        return value, tape.gradient(value, [queries, catalogue])

    value, gradients = run()
    return [value.numpy(), *(tf.convert_to_tensor(g).numpy() for g in gradients)]


def _plain(queries, targets, catalogue, negatives):
    """The same with the whole matrix and TensorFlow's own gradient."""
    positions = tf.range(queries.shape[0])
    is_target = tf.range(catalogue.shape[0], dtype=tf.int64) == targets[:, None]
    logits = tf.where(negatives.at(positions) | is_target, queries @ tf.transpose(catalogue), -1e9)
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits)
    return tf.reduce_sum(tf.where(targets > 0, losses, 0.0))


def _one(target: int) -> float:
    """Loss of query 1 against a row of padding and items 1, 0 and 2, the last of them seen."""
    catalogue = tf.constant([[9.0], [1.0], [0.0], [2.0]])
    allowed = _negatives([[False, True, True, False]])
    return float(full_softmax(tf.constant([[1.0]]), tf.constant([target]), catalogue, allowed))


def test_full_softmax_worked_by_hand():
    # The target is the item of logit 1: -log(e^1 / (e^1 + e^0)) = log(1 + 1/e) = 0.313262.
    assert _one(1) == pytest.approx(0.313262, abs=1e-6)


def test_target_counts_though_it_was_seen():
    # log(e^2 + e^1 + e^0) - 2 = 0.407606.
    assert _one(3) == pytest.approx(0.407606, abs=1e-6)


@pytest.mark.parametrize(
    ("positions", "items", "expected"),
    # 4 MiB hold 1 048 576 logits: 524 positions of 2 000 items and 104 of 10 000. The 10 of 100 000
    # would not be worth the gradient of all items that they add.
    [(300, 2_000, 300), (3_000, 2_000, 524), (3_000, 10_000, 104), (3_000, 100_000, 64)],
)
def test_blocks_fit_the_cache_unless_they_would_be_tiny(
    positions: int, items: int, expected: int
) -> None:
    assert block_size(positions, items) == expected


@pytest.mark.parametrize("jit", [True, False])
@pytest.mark.parametrize("block_bytes", [1, 400, 4 << 20])
@pytest.mark.parametrize(("positions", "items"), [(1, 2), (7, 30), (64, 9)])
def test_blocks_give_the_whole_softmax_and_its_gradients(
    positions: int, items: int, block_bytes: int, jit: bool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("towers.losses.CHUNK_BYTES", block_bytes)
    monkeypatch.setattr("towers.losses.LEAST_BLOCK", 1)
    inputs = _inputs(positions, items)
    ours = _value_and_gradients(full_softmax, *inputs, jit=jit)
    for found, expected in zip(ours, _value_and_gradients(_plain, *inputs), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=2e-5)


def test_a_batch_without_a_target_costs_nothing():
    queries, targets, catalogue, negatives = _inputs(5, 7)
    nothing = tf.zeros_like(targets)
    found = _value_and_gradients(full_softmax, queries, nothing, catalogue, negatives)
    assert [np.abs(part).max() for part in found] == [0, 0, 0]


@pytest.mark.parametrize("jit", [True, False])
@pytest.mark.parametrize(("positions", "items"), [(1, 2), (7, 30), (64, 9)])
def test_tfrs_task_is_the_full_softmax_with_the_same_gradients(
    positions: int, items: int, jit: bool
):
    inputs = _inputs(positions, items)
    ours = _value_and_gradients(full_softmax, *inputs)
    theirs = _value_and_gradients(TfrsLoss(), *inputs, jit=jit)
    for found, expected in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=2e-5)


def test_tfrs_task_in_chunks_gives_the_same(monkeypatch: pytest.MonkeyPatch):
    inputs = _inputs(50, 20)
    whole = TfrsLoss()(*inputs)
    monkeypatch.setattr("towers.tfrs_loss.CHUNK_BYTES", 2_000)
    assert chunk_size(20) == 14  # 4 * 14 * (14 + 20) = 1904 <= 2000 < 4 * 15 * (15 + 20)
    np.testing.assert_allclose(TfrsLoss()(*inputs), whole, rtol=1e-6)


def test_sampled_softmax_worked_by_hand():
    # All logits are 0. The first negative is expected half a time and stands for two items, the
    # second four times and stands for a quarter of one, the third is not allowed:
    # -log(e^0 / (e^0 + 2 e^0 + e^0 / 4)) = log(3.25) = 1.178655; with the other sign, log(5.5).
    loss = sampled_softmax(
        tf.constant([[1.0]]),
        tf.constant([[0.0]]),
        tf.zeros([3, 1]),
        tf.math.log([0.5, 4.0, 1.0]),
        tf.constant([[True, True, False]]),
    )
    np.testing.assert_allclose(loss, [1.178655], atol=1e-6)


def test_sampled_softmax_estimates_the_full_one():
    random = np.random.default_rng(0)
    queries, _, catalogue, _ = _inputs(positions=4, items=50)
    positives = tf.constant([3, 8, 49, 3], tf.int64)
    everything = _negatives(np.tile(np.arange(50) > 0, (4, 1)))
    exact = full_softmax(queries, positives, catalogue, everything).numpy()
    q = np.append(0, random.dirichlet(np.ones(49)) / 2 + 0.5 / 49)
    drawn = random.choice(50, 200_000, p=q)
    estimate = sampled_softmax(
        queries,
        tf.gather(catalogue, positives),
        tf.gather(catalogue, drawn),
        tf.constant(np.log(q[drawn] * len(drawn)), tf.float32),
        positives[:, None] != drawn,
    )
    np.testing.assert_allclose(tf.reduce_sum(estimate), exact, atol=0.05)
