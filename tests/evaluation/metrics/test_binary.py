import math

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import log_loss as sklearn_log_loss
from sklearn.metrics import roc_auc_score

from evaluation.metrics.binary import auc, calibration, log_loss


def test_auc_by_hand():
    # Of the pairs (.9, .3), (.9, .5), (.5, .3) and (.5, .5) three are in order and one is a tie.
    assert auc(np.array([0.3, 0.9, 0.5, 0.5]), np.array([False, True, False, True])) == 3.5 / 4


def test_log_loss_by_hand():
    found = log_loss(np.array([0.5, 0.8]), np.array([True, False]))
    assert found == pytest.approx((math.log(2) + math.log(5)) / 2)
    assert log_loss(np.array([0.0]), np.array([True])) == pytest.approx(math.log(1e7))


def test_calibration_by_hand():
    curve = calibration(np.array([0.9, 0.1, 0.3, 0.7, 0.8]), np.array([1, 0, 1, 1, 0], bool), 2)
    # The three lowest are .1, .3 and .7, of which two were so; then .8 and .9, of which one was.
    np.testing.assert_allclose(curve.predicted, [1.1 / 3, 0.85])
    np.testing.assert_allclose(curve.observed, [2 / 3, 0.5])
    assert curve.size.tolist() == [3, 2]
    assert curve.error == pytest.approx((3 * 0.3 + 2 * 0.35) / 5)


def test_there_are_no_more_groups_than_predictions():
    curve = calibration(np.array([0.2, 0.4]), np.array([False, True]), 10)
    assert curve.size.tolist() == [1, 1]


@pytest.mark.parametrize("seed", range(3))
def test_agrees_with_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    probability = rng.random(1_000).round(2)  # with ties
    positive = rng.random(1_000) < probability
    assert auc(probability, positive) == pytest.approx(
        roc_auc_score(positive, probability), abs=1e-9
    )
    inside = np.clip(probability, 0.01, 0.99)
    assert log_loss(inside, positive) == pytest.approx(sklearn_log_loss(positive, inside), abs=1e-9)
    distinct = rng.permutation(1_000) / 1_000
    observed, predicted = calibration_curve(positive, distinct, n_bins=10, strategy="quantile")
    curve = calibration(distinct, positive, 10)
    np.testing.assert_allclose(curve.observed, observed, atol=1e-9)
    np.testing.assert_allclose(curve.predicted, predicted, atol=1e-9)


@pytest.mark.parametrize("positive", [[True, True], [False, False]])
def test_auc_needs_both(positive):
    with pytest.raises(ValueError, match="auc: expected positives and negatives, got "):
        auc(np.array([0.1, 0.2]), np.array(positive))
