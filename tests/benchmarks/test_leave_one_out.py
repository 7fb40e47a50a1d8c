"""A result over several seeds: means, deviations, and what each training took and reached."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.leave_one_out import LOGS, MEANS, keep_log, summary
from evaluation.metrics.accuracy import NAMES
from schemas.artifacts import Artifact


def trained(directory: Path, seconds: tuple[float, float], epochs: int) -> Artifact:
    """A retrieval artefact whose two fits took so long, in two epochs each."""
    (directory / "log").mkdir(parents=True)
    for log, took in zip(LOGS, seconds, strict=True):
        lines = [json.dumps({"epoch": n, "seconds": took / 2}) for n in (1, 2)]
        (directory / "log" / log).write_text("\n".join(lines) + "\n")
    figures = {"epochs": epochs, "parameters": 7, "held_back_events": 3}
    return Artifact(directory, {"config": {"seed": epochs}, "figures": figures})


def measured(**values: float) -> dict[str, Any]:
    """Metrics of models that have one value for every figure."""
    return {
        "protocol": {"targets": 9},
        **{model: dict.fromkeys(NAMES, value) for model, value in values.items()},
        "intervals": {
            model: dict.fromkeys(NAMES, (value - 0.01, value + 0.01))
            for model, value in values.items()
        },
        "segments": {"item_popularity": {"head": {m: {"hr@10": 2 * v} for m, v in values.items()}}},
    }


def test_a_summary_has_means_and_every_seed(tmp_path: Path) -> None:
    runs = {
        "seed_1": trained(tmp_path / "1", (30.0, 10.0), epochs=5),
        "seed_4": trained(tmp_path / "4", (40.0, 11.0), epochs=6),
    }
    metrics = measured(seed_1=0.1, seed_4=0.2, markov=0.9)
    figures = summary(metrics, runs)
    assert figures["targets"] == 9
    for name in MEANS:
        # Of .1 and .2: the mean .15, and a deviation of sqrt(.05 ** 2 + .05 ** 2) = .0707.
        assert figures[name] == 0.15
        assert figures[f"{name}_deviation"] == 0.0707
        assert (figures[f"seed_1_{name}"], figures[f"seed_4_{name}"]) == (0.1, 0.2)
    assert figures["train_s"] == 45.5
    assert (figures["seed_1_train_s"], figures["seed_4_train_s"]) == (40.0, 51.0)
    assert (figures["seed_1_epochs"], figures["seed_4_epochs"]) == (5, 6)
    assert figures["seed_4_ndcg@10_low"] == pytest.approx(0.19)
    assert figures["seed_1_item_popularity_head_hr@10"] == 0.2
    assert not [name for name in figures if "markov" in name]


def test_one_seed_has_no_deviation(tmp_path: Path) -> None:
    figures = summary(measured(seed_1=0.1), {"seed_1": trained(tmp_path, (3.0, 1.0), epochs=5)})
    assert figures["hr@10"] == 0.1
    assert not [name for name in figures if name.endswith("_deviation")]


def test_a_kept_log_is_what_the_training_wrote(tmp_path: Path) -> None:
    artifact = trained(tmp_path / "run", (30.0, 10.0), epochs=5)
    kept = tmp_path / "results" / "seed_1"
    keep_log(kept, artifact, {"hr@10": 0.1})
    for log in LOGS:
        assert (kept / log).read_text() == (artifact.path / "log" / log).read_text()
    assert json.loads((kept / "config.json").read_text()) == {"seed": 5}
    assert json.loads((kept / "metrics.json").read_text()) == {
        **{"hr@10": 0.1, "train_s": 40.0},
        **{"epochs": 5, "parameters": 7, "held_back_events": 3},
    }
