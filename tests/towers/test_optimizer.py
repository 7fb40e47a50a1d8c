import numpy as np
import pytest

from towers.optimizer import LAST_SHARE, adamw

import keras  # isort: skip  (after the modules above, which prepare the process)

PEAK = 0.01


def rate(optimizer, step):
    """Of a step, from 0."""
    return float(optimizer._learning_rate(step))


def test_the_rate_rises_to_its_peak_and_falls_along_a_cosine():
    optimizer = adamw(PEAK, 0.0, warmup_steps=10, steps=110, clip_norm=5.0)
    rates = [rate(optimizer, step) for step in (0, 5, 10, 60, 110)]
    middle = (1 + LAST_SHARE) / 2
    np.testing.assert_allclose(rates, np.multiply(PEAK, [0, 0.5, 1, middle, LAST_SHARE]), atol=1e-8)


def test_a_fit_that_is_shorter_than_the_warm_up_reaches_the_peak():
    optimizer = adamw(PEAK, 0.0, warmup_steps=100, steps=20, clip_norm=5.0)
    assert rate(optimizer, 10) == pytest.approx(PEAK)
    assert rate(optimizer, 20) == pytest.approx(PEAK * LAST_SHARE)


@pytest.mark.parametrize(("norm", "moved"), [(0.5, 0.5), (50.0, 5.0)])
def test_gradients_are_clipped_together(norm, moved):
    optimizer = adamw(PEAK, 0.0, warmup_steps=1, steps=10, clip_norm=5.0)
    weights = [keras.Variable([0.0]), keras.Variable([0.0])]
    gradients = [keras.ops.array([norm * 0.6]), keras.ops.array([norm * 0.8])]
    optimizer.apply(gradients, weights)
    # Adam's first moment after one step is (1 - beta_1) of the clipped gradients.
    moments = [float(moment[0]) for moment in optimizer._momentums]
    np.testing.assert_allclose(moments, np.multiply(0.1 * moved, [0.6, 0.8]), rtol=1e-5)
