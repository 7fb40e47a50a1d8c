"""The comparison of joint and averaged predictions, with predictions that are known."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.pairs import (
    APART,
    BIAS,
    JOINT,
    SINGLES,
    compared,
    of_pairs,
    of_singles,
    squared_errors,
)
from evaluation.pair_strata import STRATA
from evaluation.ratings import Pairs, common_target_pairs
from evaluation.requests import Requests
from tests.evaluation.build import random_requests


@pytest.fixture(scope="module")
def requests() -> Requests:
    return random_requests(80, 6, 5, seed=4)


@pytest.fixture(scope="module")
def pairs(requests: Requests) -> Pairs:
    return common_target_pairs(requests, 1_000, 0)


def test_predictions_of_pairs_and_averages(
    requests: Requests, pairs: Pairs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.pairs.BATCH", 7)
    number = np.arange(len(requests), dtype=np.float32)
    joint = of_pairs(lambda _, left, right: number[left] * number[right], requests, pairs)
    np.testing.assert_array_equal(joint, number[pairs.left] * number[pairs.right])
    single = of_singles(lambda _, rows: number[rows], requests, pairs)
    np.testing.assert_array_equal(single, (number[pairs.left] + number[pairs.right]) / 2)


def test_errors_are_of_the_mean_rating(requests: Requests, pairs: Pairs) -> None:
    actual = (requests.target_rating[pairs.left] + requests.target_rating[pairs.right]) / 2
    np.testing.assert_allclose(squared_errors(actual + 0.5, requests, pairs), 0.25)


def test_every_kind_of_pairs_is_compared(requests: Requests, pairs: Pairs) -> None:
    noise = np.random.default_rng(0).random(len(pairs.left))
    errors = {
        BIAS: [1.0 + noise],
        JOINT: [0.25 + noise, 0.35 + noise],
        SINGLES: [0.3 + noise] * 2,
        APART: [0.5 + noise] * 2,
    }
    found = compared(errors, requests, pairs, resamples=200, seed=1)
    assert found["all_pairs"] == len(pairs.left)
    for stratum in STRATA:
        joint, singles, apart, bias = (
            found[f"{stratum}_{name}_rmse_stars"] for name in (JOINT, SINGLES, APART, BIAS)
        )
        # The seeds' squared errors are averaged: joint and single ones are equal.
        assert joint == singles < apart < bias
        low, high = (found[f"{stratum}_{BIAS}_rmse_stars_{end}"] for end in ("low", "high"))
        assert low < bias < high
        less = f"{stratum}_joint_minus_{APART}_rmse_stars"
        assert found[f"{less}_low"] < found[less] < found[f"{less}_high"] < 0
        assert found[less] == pytest.approx(joint - apart, abs=1.1e-4)
        assert found[f"{stratum}_joint_minus_{SINGLES}_rmse_stars_high"] == 0
