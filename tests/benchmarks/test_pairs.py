"""The comparison of joint and averaged predictions, with predictions that are known."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import pairs as pairs_benchmark
from benchmarks import results
from benchmarks.earlier_pair_models import ATTENTION, ENCODER
from benchmarks.held_out import people_together
from benchmarks.pairs import (
    ABLATIONS,
    APART,
    BIAS,
    JOINT,
    MEAN,
    SINGLES,
    compared,
    of_pairs,
    of_singles,
    run,
    squared_errors,
)
from evaluation.pair_strata import STRATA
from evaluation.ratings import Pairs, common_target_pairs
from evaluation.requests import Requests
from schemas.artifacts import Artifact
from schemas.config import EvaluateConfig
from tests.conftest import TINY
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
        BIAS: {1: 1.0 + noise, 2: 1.0 + noise},
        JOINT: {1: 0.25 + noise, 2: 0.35 + noise},
        SINGLES: {1: 0.3 + noise, 2: 0.3 + noise},
        APART: {1: 0.5 + noise, 2: 0.5 + noise},
        "joint_otherwise": {2: 0.35 + noise},
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
        # Of its only seed the joint prediction is as good, though not the mean of both seeds.
        otherwise = f"{stratum}_joint_minus_joint_otherwise_rmse_stars"
        assert found[otherwise] == found[f"{otherwise}_low"] == found[f"{otherwise}_high"] == 0
    for seed, more in ((1, 0.25), (2, 0.35)):
        of_seed = np.sqrt((more + noise).mean())
        assert found[f"seed_{seed}_{JOINT}_rmse_stars"] == pytest.approx(of_seed, abs=1e-4)
    assert "seed_1_joint_otherwise_rmse_stars" not in found


def test_a_kind_without_pairs_has_no_figures(
    requests: Requests, pairs: Pairs, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = np.zeros(0, np.int64)
    monkeypatch.setattr("benchmarks.pairs.stratify", lambda *_: {"both_sparse": nobody})
    errors = {JOINT: {1: np.ones(len(pairs.left))}}
    found = compared(errors, requests, pairs, resamples=20, seed=1)
    assert found == {"both_sparse_pairs": 0, f"seed_1_{JOINT}_rmse_stars": 1.0}


@pytest.mark.slow
def test_from_data_to_a_result(
    planted: Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "RESULTS", tmp_path)
    monkeypatch.setattr(results, "command", lambda: "python -m benchmarks.tiny")
    ablation = "joint_without_owner_bias"
    monkeypatch.setattr(pairs_benchmark, "ABLATIONS", {ablation: ABLATIONS[ablation]})
    config = people_together(
        replace(
            TINY,
            retrieval=replace(TINY.retrieval, epochs=1, final_epochs=1),
            ranking=replace(TINY.ranking, epochs=3),
            evaluate=EvaluateConfig(resamples=100),
        )
    )
    written = run("tiny", planted, config, [1], 20, tmp_path / "runs")
    told = json.loads(written.read_text())
    figures = told["figures"]
    assert figures["all_pairs"] == figures["pairs"] > 100
    every = {JOINT, SINGLES, APART, BIAS, MEAN, ATTENTION, ENCODER, ablation}
    assert {name for name in every if f"all_{name}_rmse_stars" in figures} == every
    assert [*told["config"]["ablations"]] == [ablation]
    # Tastes are planted: whoever predicts knows more than the mean rating.
    assert figures["all_joint_minus_mean_rating_rmse_stars_high"] < 0
    # Each is a ranker of its own: the joint one, the one without pairs, and the ablation.
    manifests = (tmp_path / "runs" / "ranking").glob("*/manifest.json")
    assert len({path.resolve() for path in manifests}) == 3  # one is also the latest
