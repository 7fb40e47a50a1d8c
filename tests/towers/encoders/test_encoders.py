"""One contract for every encoder."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from schemas.config import RetrievalConfig
from towers.encoders.choose import new_encoder
from towers.encoders.encoder import Encoder
from towers.encoders.mean import RecencyMean

import keras  # isort: skip  (after the modules above, which prepare the process)
import tensorflow as tf  # isort: skip

DIM, LENGTH, ROWS = 8, 6, 3
CONFIGS = {
    "transformer": {"time_bias": False},
    "relative": {"time_bias": False, "positions": "relative"},
    "times": {"time_bias": True},
    "times gated": {"time_bias": True, "positions": "relative", "gated": True},
    "gru": {"encoder": "gru"},
    "cnn": {"encoder": "cnn"},
    "cnn gated": {"encoder": "cnn", "gated": True},
    "mean": {"encoder": "mean"},
    "mean gated": {"encoder": "mean", "gated": True},
}

Encode = Callable[..., np.ndarray]


@pytest.fixture(scope="module", params=CONFIGS)
def encoder(request: pytest.FixtureRequest) -> Encoder:
    """With random weights: zero-initialised parts would hide what depends on what."""
    keras.utils.set_random_seed(3)
    config = RetrievalConfig(
        embedding_dim=DIM, history_len=LENGTH, tail_events=2, **CONFIGS[request.param]
    )
    made = new_encoder(config)
    random = np.random.default_rng(0)
    for weight in made.weights:
        weight.assign(np.abs(random.normal(0, 0.3, weight.shape)))
    return made


@pytest.fixture(scope="module")
def encode(encoder: Encoder) -> Encode:
    """(viewer, events, counts, timestamp) to vectors; rows have their newest `counts` events."""

    @tf.function(reduce_retracing=True)
    def graph(viewer, events, present, timestamp):
        return encoder(viewer, events, present, timestamp, training=False)

    def run(viewer, events, counts, timestamp):
        present = np.arange(LENGTH) >= LENGTH - np.array(counts)[:, None]
        return graph(viewer, events, present, np.where(present, timestamp, 0)).numpy()

    return run


def inputs(rows: int = ROWS) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    viewer = random.normal(size=(rows, 1, DIM)).astype(np.float32)
    events = random.normal(size=(rows, LENGTH, DIM)).astype(np.float32)
    return viewer, events, 1_000_000 + np.cumsum(random.integers(1, 999, (rows, LENGTH)), axis=1)


def test_no_token_sees_a_later_event(encode: Encode) -> None:
    viewer, events, times = inputs()
    before = encode(viewer, events, [6, 6, 6], times)
    for step in range(LENGTH):
        other = events.copy()
        other[:, step] = other[:, step, ::-1]
        changed = np.abs(encode(viewer, other, [6, 6, 6], times) - before).max(axis=(0, 2))
        assert changed[: step + 1].max() < 1e-6
        assert changed[step + 1] > 1e-3


def test_the_mean_counts_an_event_half_as_much_ten_events_later() -> None:
    mean = RecencyMean(DIM, blocks=0, dropout=0.0, gated=False)
    event = np.zeros((1, 20, DIM), np.float32)
    event[0, 4] = 1.0
    viewer, present = np.zeros((1, 1, DIM), np.float32), np.ones((1, 20), bool)
    found = np.asarray(mean(viewer, event, present, np.zeros((1, 20), np.int64)))[0, :, 0]
    # Token 0 is the viewer's, token 5 the event's; the viewer weighs as much as the newest event.
    for token in (5, 15, 20):
        ages = np.append(np.arange(token), 0)
        expected = 0.5 ** ((token - 5) / 10) / (0.5 ** (ages / 10)).sum()
        np.testing.assert_allclose(found[token], expected, rtol=1e-4)


def test_what_stands_in_the_padding_changes_nothing(encode: Encode) -> None:
    viewer, events, times = inputs()
    before = encode(viewer, events, [6, 3, 0], times)
    other = events + np.where(np.arange(LENGTH)[:, None] < 3, 100.0, 0.0).astype(np.float32)
    after = encode(viewer, other, [6, 3, 0], times)
    np.testing.assert_allclose(after[1, -3:], before[1, -3:], atol=1e-5)
    np.testing.assert_allclose(after[1:, 0], before[1:, 0], atol=1e-5)


def test_the_amount_of_padding_changes_nothing(encoder: Encoder) -> None:
    if getattr(encoder, "position", None) is not None:
        pytest.skip("learned positions are of one history_len")
    viewer, events, times = inputs()
    present = np.arange(LENGTH) >= LENGTH - 3
    wide = encoder(viewer, events, np.tile(present, (ROWS, 1)), times * present, training=False)
    every = np.ones((ROWS, 3), bool)
    narrow = encoder(viewer, events[:, -3:], every, times[:, -3:], training=False)
    np.testing.assert_allclose(np.asarray(wide)[:, -3:], np.asarray(narrow)[:, 1:], atol=1e-5)
    np.testing.assert_allclose(np.asarray(wide)[:, 0], np.asarray(narrow)[:, 0], atol=1e-5)


def test_rows_do_not_touch(encode: Encode) -> None:
    viewer, events, times = inputs()
    counts = [6, 2, 0]
    together = encode(viewer, events, counts, times)
    for row, count in enumerate(counts):
        own = slice(row, row + 1)
        alone = encode(viewer[own], events[own], [count], times[own])
        rows = [0, *range(1 + LENGTH - count, 1 + LENGTH)]
        np.testing.assert_allclose(alone[0, rows], together[row, rows], atol=1e-5)


def test_the_viewer_is_read_by_all(encode: Encode) -> None:
    viewer, events, times = inputs()
    # Not only moved or scaled: a layer norm would not see that.
    other = encode(viewer[..., ::-1], events, [6, 1, 0], times)
    changed = other - encode(viewer, events, [6, 1, 0], times)
    assert np.abs(changed[0]).max(axis=-1).min() > 1e-4
    assert np.abs(changed[1, -1]).max() > 1e-4
    assert np.abs(changed[2, 0]).max() > 1e-4


def test_order_matters(encode: Encode) -> None:
    viewer, events, times = inputs()
    swapped = events[:, [1, 0, *range(2, LENGTH)]]
    changed = encode(viewer, swapped, [6] * ROWS, times) - encode(viewer, events, [6] * ROWS, times)
    # Two blocks of the convolution reach back seven events, so that all six are in sight.
    assert np.abs(changed[:, -1]).max() > 1e-5


def test_every_weight_gets_a_gradient(encoder: Encoder) -> None:
    viewer, events, times = inputs()
    present = np.ones((ROWS, LENGTH), bool)
    target = np.random.default_rng(2).normal(size=(ROWS, 1 + LENGTH, DIM)).astype(np.float32)
    with tf.GradientTape() as tape:
        encoded = encoder(viewer, events, present, times, training=True)
        loss = tf.reduce_mean(tf.square(encoded - target))
    gradients = tape.gradient(loss, [v.value for v in encoder.trainable_variables])
    idle = {
        variable.path.split("/", 1)[-1]
        for variable, gradient in zip(encoder.trainable_variables, gradients, strict=True)
        if np.abs(tf.convert_to_tensor(gradient)).max() < 1e-9
    }
    # It adds the same to all logits of a query, and a softmax does not see that.
    assert all(path.endswith("key/bias") for path in idle)


def test_time_alone_tells_histories_apart(encoder: Encoder, encode: Encode) -> None:
    viewer, events, times = inputs()
    slow = times[:, :1] + (times - times[:, :1]) * 1_000
    changed = encode(viewer, events, [6] * ROWS, slow) - encode(viewer, events, [6] * ROWS, times)
    assert (np.abs(changed).max() > 1e-4) == bool(getattr(encoder, "time_bias", False))
