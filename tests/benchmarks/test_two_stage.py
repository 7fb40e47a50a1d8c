"""What two stages gain over retrieval, from ranks that are known."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.two_stage import calibration_curve, figures_of, gains, summary
from evaluation.per_request import FILE
from schemas.artifacts import Artifact
from schemas.config import EvaluateConfig

USERS = 40


def evaluated(path: Path, two_stage: Sequence[int | None]) -> Artifact:
    """An evaluation in which retrieval has every target at rank 3."""
    path.mkdir()
    table = {
        "list": np.arange(USERS),
        "user_id": [f"u{n:02}" for n in range(USERS)],
        "target_item_id": ["i"] * USERS,
        "rank_retrieval": pa.array([3] * USERS, pa.int32()),
        "rank_two_stage": pa.array(two_stage, pa.int32()),
    }
    pq.write_table(pa.table(table), path / FILE)
    return Artifact(path, {})


def test_a_gain_is_over_the_same_lists_and_all_seeds(tmp_path: Path) -> None:
    # NDCG 1 in place of 1 / 2 for half of the people by one seed, and the same by the other.
    first = evaluated(tmp_path / "first", [1] * 20 + [3] * 20)
    second = evaluated(tmp_path / "second", [3] * 40)
    config = EvaluateConfig()
    alone = gains([first], config)
    assert alone["ndcg@10_over_retrieval"] == 0.25
    assert 0.1 < alone["ndcg@10_over_retrieval_low"] < 0.25
    assert 0.25 < alone["ndcg@10_over_retrieval_high"] < 0.4
    assert alone["hr@10_over_retrieval"] == alone["hr@10_over_retrieval_high"] == 0
    assert gains([first, second], config)["ndcg@10_over_retrieval"] == 0.125
    worse = evaluated(tmp_path / "worse", [None] * 40)
    lost = gains([worse], config)
    assert lost["ndcg@10_over_retrieval"] == lost["ndcg@10_over_retrieval_high"] == -0.5
    assert lost["hr@10_over_retrieval"] == -1


def test_the_calibration_curve_is_a_mean_over_the_seeds() -> None:
    def of(*groups: list[float]) -> dict[str, dict[str, list[list[float]]]]:
        return {"like": {"calibration": [*groups]}}

    found = calibration_curve([of([0.1, 0.2, 5], [0.8, 0.6, 5]), of([0.2, 0.2, 5], [0.9, 0.8, 5])])
    assert found == {
        "like_calibration_1_predicted": 0.15,
        "like_calibration_1_liked": 0.2,
        "like_calibration_2_predicted": 0.85,
        "like_calibration_2_liked": 0.7,
    }
    assert calibration_curve([{"two_stage": {}}]) == {}


def test_a_summary_is_over_the_seeds_and_tells_each() -> None:
    def metrics(rmse: float) -> dict[str, dict[str, float]]:
        accuracy = {"hr@10": 0.2, "ndcg@10": 0.1, "hr@50": 0.4, "hr@200": 0.8}
        return {"two_stage": accuracy, "rating": {"rmse": rmse, "mae": 0.7, "bias_rmse": 1.0}}

    found = summary({1: metrics(0.9), 2: metrics(1.0)})
    assert found["rating_rmse_over_bias"] == 0.95
    assert found["rating_rmse"] == 0.95
    assert found["rating_rmse_deviation"] == pytest.approx(0.0707)
    assert found["seed_2_rating_rmse_over_bias"] == 1.0
    assert found["hr@50_deviation"] == 0
    assert "rating_rmse_over_bias" not in figures_of({"two_stage": metrics(1.0)["two_stage"]})
