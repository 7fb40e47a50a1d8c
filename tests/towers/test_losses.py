import numpy as np
import pytest

from towers.losses import full_softmax, sampled_softmax  # isort: skip  (prepares the process for TensorFlow)

import tensorflow as tf

from towers.tfrs_loss import TfrsLoss, chunk_size


def _inputs(positions: int, items: int, dim: int = 8):
    random = np.random.default_rng(3)
    allowed = random.random((positions, items)) > 0.3
    allowed[:, 0] = False
    return (
        tf.constant(random.normal(size=(positions, dim)), tf.float32),
        tf.constant(random.integers(1, items, positions)),
        tf.constant(random.normal(size=(items, dim)), tf.float32),
        tf.constant(allowed),
    )


def test_full_softmax_worked_by_hand():
    # Logits 1, 0, 2; the third is not allowed, the positive is the first:
    # -log(e^1 / (e^1 + e^0)) = log(1 + 1/e) = 0.313262.
    catalogue = tf.constant([[1.0], [0.0], [2.0]])
    loss = full_softmax(
        tf.constant([[1.0]]), tf.constant([0]), catalogue, tf.constant([[True, True, False]])
    )
    np.testing.assert_allclose(loss, [0.313262], atol=1e-6)


def test_positive_counts_though_it_is_not_allowed():
    # The same numbers, but now the positive is what was seen before: logits 2 against 1 and 0.
    # log(e^2 + e^1 + e^0) - 2 = 0.407606.
    catalogue = tf.constant([[1.0], [0.0], [2.0]])
    loss = full_softmax(
        tf.constant([[1.0]]), tf.constant([2]), catalogue, tf.constant([[True, True, False]])
    )
    np.testing.assert_allclose(loss, [0.407606], atol=1e-6)


@pytest.mark.parametrize(("positions", "items"), [(1, 2), (7, 30), (64, 9)])
def test_tfrs_task_is_the_full_softmax_with_the_same_gradients(positions: int, items: int):
    queries, positives, catalogue, allowed = _inputs(positions, items)
    results = []
    for loss in (full_softmax, TfrsLoss()):
        with tf.GradientTape() as tape:
            tape.watch([queries, catalogue])
            value = loss(queries, positives, catalogue, allowed)
        gradients = tape.gradient(value, [queries, catalogue])
        results.append([value, *(tf.convert_to_tensor(g) for g in gradients)])
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-5)


def test_tfrs_task_in_chunks_gives_the_same(monkeypatch: pytest.MonkeyPatch):
    inputs = _inputs(50, 20)
    whole = TfrsLoss()(*inputs)
    monkeypatch.setattr("towers.tfrs_loss.CHUNK_BYTES", 2_000)
    assert chunk_size(20) == 14  # 4 * 14 * (14 + 20) = 1904 <= 2000 < 4 * 15 * (15 + 20)
    np.testing.assert_allclose(TfrsLoss()(*inputs), whole, atol=1e-5)


def test_sampled_softmax_worked_by_hand():
    # All logits are 0. The first negative is expected half a time and stands for two items, the
    # second twice and stands for half of one, the third is not allowed:
    # -log(e^0 / (e^0 + 2 e^0 + e^0 / 2)) = log(3.5) = 1.252763.
    loss = sampled_softmax(
        tf.constant([[1.0]]),
        tf.constant([[0.0]]),
        tf.zeros([3, 1]),
        tf.math.log([0.5, 2.0, 1.0]),
        tf.constant([[True, True, False]]),
    )
    np.testing.assert_allclose(loss, [1.252763], atol=1e-6)


def test_sampled_softmax_estimates_the_full_one():
    random = np.random.default_rng(0)
    queries, positives, catalogue, _ = _inputs(positions=4, items=50)
    everything = tf.constant(np.arange(50) > 0)[None] & tf.ones((4, 1), tf.bool)
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
    np.testing.assert_allclose(estimate, exact, atol=0.02)
