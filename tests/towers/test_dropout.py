import numpy as np
import pytest

from towers.dropout import Dropout, random_bits

import keras  # isort: skip  (after the module above, which prepares the process)
import tensorflow as tf  # isort: skip

SIZE = (200, 500)
RATE = 0.2


def dropped(layer: Dropout, jit: bool = False) -> np.ndarray:
    """Which of many ones the layer drops."""
    found = tf.function(lambda: layer(tf.ones(SIZE), training=True), jit_compile=jit)().numpy()
    assert set(np.unique(found)) == {np.float32(0), np.float32(1 / (1 - RATE))}
    return found == 0


def new_layer(seed: int = 1) -> Dropout:
    keras.utils.set_random_seed(seed)
    return Dropout(RATE)


@pytest.mark.parametrize("jit", [True, False])
def test_the_share_is_as_asked_in_every_row_and_column(jit: bool):
    gone = dropped(new_layer(), jit)
    # Of n values .2 n are expected, with a deviation of (.16 n) ** .5; six of them are ample.
    for count, n in ((gone.sum(axis=0), 200), (gone.sum(axis=1), 500), (gone.sum(), 100_000)):
        assert np.abs(count - RATE * n).max() < 6 * (0.16 * n) ** 0.5


def test_neighbours_calls_and_layers_do_not_go_together():
    layer = new_layer()
    first, second, other = dropped(layer), dropped(layer), dropped(Dropout(RATE))
    both = [first & second, first & other, first[:, 1:] & first[:, :-1], first[1:] & first[:-1]]
    for together in both:
        # .04 of the pairs, with a deviation of (.04 * .96 / pairs) ** .5
        assert abs(together.mean() - 0.04) < 6 * (0.0384 / together.size) ** 0.5


def test_a_seed_gives_the_same_again_and_compiled():
    np.testing.assert_array_equal(dropped(new_layer()), dropped(new_layer(), jit=True))
    assert (dropped(new_layer()) != dropped(new_layer(2))).any()


def test_bits_are_even():
    bits = random_bits((1 << 16,), tf.constant([3, 4], tf.uint32)).numpy()
    ones = [int((bits >> place & 1).sum()) for place in range(32)]
    assert np.abs(np.array(ones) - (1 << 15)).max() < 6 * (1 << 7)  # n / 2, (n / 4) ** .5


def test_gradients_pass_where_values_did():
    layer, values = new_layer(), tf.fill(SIZE, 3.0)
    with tf.GradientTape() as tape:
        tape.watch(values)
        kept = layer(values, training=True)
    np.testing.assert_allclose(tape.gradient(kept, values), kept / 3.0)


@pytest.mark.parametrize("layer", [Dropout(RATE), Dropout(0.0)])
def test_nothing_is_dropped_outside_training(layer: Dropout):
    values = np.arange(6, dtype=np.float32)
    np.testing.assert_array_equal(layer(values), values)
    np.testing.assert_array_equal(Dropout(0.0)(values, training=True), values)
