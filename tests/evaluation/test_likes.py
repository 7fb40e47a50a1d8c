import json
import math

import numpy as np
import pytest

from evaluation.likes import like_figures


def test_by_hand():
    rating = np.array([5.0, 4.0, 3.0, 1.0])
    found = like_figures(np.full(4, 0.5), np.array([3.0, 4, 5, 1]), rating, 4.0)
    assert json.loads(json.dumps(found)) == found
    assert (found["threshold"], found["share"]) == (4.0, 0.5)
    assert found["log_loss"] == found["log_loss_of_share"] == pytest.approx(math.log(2))
    assert found["calibration_error"] == 0.5  # four groups of one
    assert found["calibration"][0] == [0.5, 1.0, 1]
    assert found["auc"] == 0.5
    assert found["bias_auc"] == 0.5  # 3 is before 1, 4 before 1; 5 is before both


def test_where_everything_is_liked_nothing_is_told_apart():
    found = like_figures(np.array([0.9, 0.8]), np.array([4.0, 4.5]), np.array([4.0, 5.0]), 4.0)
    assert "auc" not in found
    assert "bias_auc" not in found
    assert found["share"] == 1.0
