import math

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, mean_squared_error

from evaluation.metrics.errors import mae, rmse


def test_rating_errors_by_hand():
    # Errors 1, -2, 0: sqrt(5 / 3) and 3 / 3.
    predicted, actual = np.array([4.0, 1.0, 3.0]), np.array([3.0, 3.0, 3.0])
    assert rmse(predicted, actual) == pytest.approx(math.sqrt(5 / 3))
    assert mae(predicted, actual) == pytest.approx(1.0)


@pytest.mark.parametrize("seed", range(3))
def test_rating_errors_agree_with_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    predicted, actual = rng.normal(3, 1, 100), rng.integers(1, 6, 100)
    expected = math.sqrt(mean_squared_error(actual, predicted))
    assert rmse(predicted, actual) == pytest.approx(expected, abs=1e-9, rel=0)
    expected = mean_absolute_error(actual, predicted)
    assert mae(predicted, actual) == pytest.approx(expected, abs=1e-9, rel=0)


def test_rating_errors_are_summed_in_double_precision():
    # 0.1 in float32 is 0.1 + 1.5e-9; squares of a million of them summed in float32 drift by 1e-4.
    predicted = np.full(1_000_000, 0.1, np.float32)
    assert rmse(predicted, np.zeros(1_000_000, np.float32)) == pytest.approx(0.1, abs=1e-8)
