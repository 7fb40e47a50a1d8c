import json
import re
from pathlib import Path

import pytest
from rich.console import Console

from evaluation.report import assemble_report, comparison_table, metrics_frame, metrics_table
from schemas.artifacts import Artifact


def ranking(hr, ndcg=0.1):
    shown = {"hr@10": hr, "hr@50": 0.4, "hr@200": 0.7, "ndcg@10": ndcg, "coverage@10": 0.3}
    return shown | {"map@200": 0.055, "novelty@10": 1.7}


METRICS = {
    "protocol": {"ranking": "leave-one-out", "candidates": 200, "targets": 40, "users": 20},
    "popularity": ranking(0.0859),
    "two_stage": ranking(0.2131, ndcg=0.12),
    "intervals": {
        "popularity": {"ndcg@10": [0.09, 0.11]},
        "two_stage": {"ndcg@10": [0.108, 0.133]},
    },
    "segments": {"item_popularity": {"cold": {"targets": 1, "lists": 1}}},
    "rating": {"rmse": 0.98, "mae": 0.77, "bias_rmse": 1.02811, "bias_mae": 0.8},
    "like": {
        "threshold": 4.0,
        "share": 0.5,
        "log_loss": 0.581234,
        "calibration_error": 0.0234,
        "auc": 0.75,
        "bias_auc": 0.7,
    },
    "pair": {
        "rmse": 0.8,
        "rmse_average_of_singles": 0.75,
        "rmse_average_of_bias": 0.9,
        "pairs": 765,
        "pairs_found": 800,
    },
}


def artifact(version, seconds, **figures):
    return Artifact(Path(version), {"version": version, "seconds": seconds, "figures": figures})


ARTIFACTS = {
    "prepared": artifact(
        "aaa", 1.5, rows={"read": 10, "test": 2}, source={"url": "u", "sha256": "s"}
    ),
    "index": artifact("bbb", 2.5, kind="exact", recall=1.0, build_seconds=9),
}


def text(shown):
    console = Console(width=160, force_terminal=True, color_system="truecolor")
    with console.capture() as capture:
        console.print(shown)
    return capture.get()


def test_report_is_json_with_all_keys():
    recommendations = [{"item_id": "i1", "title": "One"}]
    report = assemble_report("ml-100k", ARTIFACTS, METRICS, recommendations)
    assert json.loads(json.dumps(report, allow_nan=False)) == report
    assert report["versions"]["artifacts"] == {"prepared": "aaa", "index": "bbb"}
    assert report["versions"]["packages"]["numpy"]
    del report["versions"]
    assert report == {
        "dataset": "ml-100k",
        "source": {"url": "u", "sha256": "s"},
        "protocol": METRICS["protocol"],
        "rows": {"read": 10, "test": 2},
        "seconds": {"prepared": 1.5, "index": 2.5},
        "metrics": {name: METRICS[name] for name in METRICS if name != "protocol"},
        "index": {"kind": "exact", "recall": 1.0},
        "recommendations": recommendations,
    }


def test_a_missing_stage_is_named():
    with pytest.raises(KeyError, match="index"):
        assemble_report("ml-100k", {"prepared": ARTIFACTS["prepared"]}, METRICS, [])


def test_frame_holds_the_rankings_alone():
    frame = metrics_frame(METRICS)
    assert frame.index.tolist() == ["popularity", "two_stage"]
    assert frame.columns.tolist() == ["hr@10", "hr@200", "ndcg@10", "coverage@10"]
    assert frame.loc["two_stage", "ndcg@10"] == 0.12


def test_the_table_says_how_sure_it_is_and_of_how_much():
    shown = text(metrics_table(METRICS))
    assert "40 held-out events of 20 users" in shown
    assert "0.108 to 0.133" in shown
    assert "1.7" not in shown  # figures that are in the JSON alone


def test_the_best_figure_of_a_column_is_bold():
    shown = text(metrics_table(METRICS))
    assert "\x1b[1m0.2131\x1b[0m" in shown
    assert "0.0859" in shown
    assert "\x1b[1m0.0859" not in shown
    # Equal figures are best together.
    assert shown.count("\x1b[1m0.7000\x1b[0m") == 2


def test_of_errors_the_least_is_bold():
    shown = text(metrics_table(METRICS))
    assert "\x1b[1m0.9800\x1b[0m" in shown
    assert "\x1b[1m0.7500\x1b[0m" in shown
    assert "bias model 1.0281" in shown
    assert "joint 0.8000" in shown


def test_likes_have_a_line():
    line = "ratings of 4 and more, AUC: model 0.7500, bias model 0.7000; log loss 0.5812"
    assert line in re.sub(r"\x1b\[[0-9;]*m", "", text(metrics_table(METRICS)))


def test_a_table_without_ratings_has_no_line_for_them():
    rankings = {name: METRICS[name] for name in ("protocol", "popularity", "intervals")}
    shown = text(metrics_table(rankings | {"pair": {"pairs": 0}}))
    assert "RMSE" not in shown
    assert "popularity" in shown


def test_a_difference_that_chance_does_not_explain_is_bold():
    found = {
        "ours": 0.12,
        "theirs": 0.1,
        "difference": 0.02,
        "interval": [-0.001, 0.041],
        "p": 0.04,
    }
    chance = found | {"difference": -0.03, "p": 0.2}
    figures = {"hr@10": found, "hr@200": chance, "ndcg@10": chance}
    shown = text(comparison_table({"two_stage": figures}))
    assert re.search(r"\x1b\[1m *\+0\.0200\x1b", shown)
    assert re.search(r" -0\.0300", shown)
    assert not re.search(r"\x1b\[1m *-0\.0300", shown)
    assert "-0.0010 to +0.0410" in shown
    assert "0.0400" in shown
