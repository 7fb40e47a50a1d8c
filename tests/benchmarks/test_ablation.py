"""An ablation compares over the same seeds, and takes what its kept result has."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks import ablation, results
from benchmarks.ablation import BASE, FIGURES, NDCG, Ablation, ablate, summary
from schemas.artifacts import Artifact, write_json
from schemas.config import RetrievalConfig

TINY = RetrievalConfig(
    embedding_dim=8, history_len=10, blocks=1, heads=1, epochs=1, tail_events=3, jit=False
)
VARIANTS: dict[str, dict[str, Any]] = {BASE: {}, "encoder_mean": {"encoder": "mean"}}


@pytest.fixture
def tiny(
    planted: Artifact, prepared: Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Ablation:
    for module in (ablation, results):
        monkeypatch.setattr(module, "RESULTS", tmp_path)
    monkeypatch.setattr(results, "command", lambda: "python -m benchmarks.tiny")
    return Ablation("tiny", planted, prepared, TINY, VARIANTS, [1], tmp_path / "runs")


def told(directory: Path) -> dict[str, Any]:
    return dict(json.loads((directory / "tiny.json").read_text()))


@pytest.mark.slow
def test_fits_of_the_kept_result_are_not_fitted_again(
    tiny: Ablation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ablate(tiny, [BASE], [1])
    assert not (tmp_path / "tiny.json").exists()
    ablate(tiny, [*VARIANTS], [1])
    first = told(tmp_path)
    assert {"base_seed_1", "encoder_mean_seed_1"} == set(first["config"]["fits"])

    fitted: list[RetrievalConfig] = []

    def fit(prepared: Artifact, config: RetrievalConfig, directory: Path) -> dict[str, float]:
        fitted.append(config)
        figures = {NDCG: 0.5, "epochs": 1, "parameters": 1}
        write_json(directory / FIGURES, figures)
        return figures

    monkeypatch.setattr(ablation, "fitted", fit)
    ablate(replace(tiny, seeds=[1, 2], runs=tmp_path / "elsewhere"), [*VARIANTS], [1, 2])
    assert [config.seed for config in fitted] == [2, 2]
    again = told(tmp_path)
    for figure, value in first["figures"].items():
        if "seed_1" in figure:
            assert again["figures"][figure] == value

    other = replace(tiny, base=replace(TINY, dropout=0.1), runs=tmp_path / "other")
    ablate(other, [*VARIANTS], [1])
    assert [config.dropout for config in fitted[2:]] == [0.1, 0.1]


def test_a_difference_is_over_the_seeds_of_both() -> None:
    def fit(ndcg: float) -> dict[str, float]:
        return {NDCG: ndcg, "epochs": 3, "parameters": 7}

    figures = summary({BASE: {1: fit(0.1), 2: fit(0.3)}, "wide": {1: fit(0.2), 2: fit(0.2)}})
    assert figures[f"{BASE}_{NDCG}"] == 0.2
    assert figures[f"wide_minus_{BASE}"] == 0
    assert figures[f"wide_minus_{BASE}_deviation"] == pytest.approx(0.1414)
    assert figures["wide_seed_2_epochs"] == 3
