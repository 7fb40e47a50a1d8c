import numpy as np

from ranking.fast_weights import SPEED, FastWeights

import keras  # isort: skip  (after the module above, which prepares the process)
import tensorflow as tf  # isort: skip


def test_it_begins_with_what_it_is_given_and_takes_what_is_assigned():
    layer = FastWeights([1.0, -2.5, 0.0])
    np.testing.assert_allclose(layer.values(), [1.0, -2.5, 0.0], rtol=1e-6)
    layer.assign([3.0, 4.0, 5.0])
    np.testing.assert_allclose(layer.values(), [3.0, 4.0, 5.0], rtol=1e-6)
    layer.assign(7.0)
    np.testing.assert_allclose(layer.values(), [7.0, 7.0, 7.0], rtol=1e-6)
    np.testing.assert_allclose(FastWeights(0.25).values(), 0.25, rtol=1e-6)


def test_a_step_of_adam_moves_it_faster():
    layer = FastWeights(1.0)
    optimizer = keras.optimizers.Adam(learning_rate=0.001)
    with tf.GradientTape() as tape:
        loss = 3.0 * layer.values()
    optimizer.apply(tape.gradient(loss, layer.trainable_weights), layer.trainable_weights)
    # Adam's first step is the learning rate against the sign of the gradient.
    np.testing.assert_allclose(layer.values(), 1.0 - SPEED * 0.001, rtol=1e-4)
