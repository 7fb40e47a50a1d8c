"""The ranker's losses, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from ranking.losses import listwise, log_loss, squared_error

NAN = float("nan")


def test_squared_error_is_of_what_was_rated() -> None:
    # (1 - 3)^2 and (2 - 2)^2; the third has no rating.
    predicted, label = np.array([1.0, 2.0, 9.0], np.float32), np.array([3, 2, NAN], np.float32)
    assert float(squared_error(predicted, label)) == pytest.approx(2.0)
    assert float(squared_error(predicted, np.full(3, NAN, np.float32))) == 0.0


def test_log_loss_begins_at_the_threshold() -> None:
    # -log s(2) of a rating of 4 and -log(1 - s(1)) of one of 3, s being the logistic function.
    logits, rating = np.array([2.0, 1.0, 7.0], np.float32), np.array([4, 3, NAN], np.float32)
    expected = (np.log1p(np.exp(-2.0)) + np.log1p(np.exp(1.0))) / 2
    assert float(log_loss(logits, rating, 4.0)) == pytest.approx(expected, rel=1e-6)
    assert float(log_loss(np.array([-500.0, 500.0], np.float32), rating[:2], 4.0)) == 500.0


def test_listwise_is_over_what_is_there() -> None:
    # Of 1, 2 and padding: -log(e^1 / (e^1 + e^2)); the second list is empty.
    scores = np.array([[[1.0, 2.0, 50.0], [3.0, 1.0, 2.0]]], np.float32)
    items = np.array([[[7, 8, 0], [0, 0, 0]]])
    assert float(listwise(scores, items)) == pytest.approx(np.log1p(np.exp(1.0)), rel=1e-6)
