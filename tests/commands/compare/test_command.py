"""Comparisons as the command line runs them, on the planted data."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from matinee import app
from schemas.artifacts import Artifact
from tests.test_matinee import CONFIG


def compare(planted: Artifact, out: Path, *options: str | Path) -> Result:
    of_data = ["--data", planted.path.parent, "--dataset", planted.path.name, "--out", out]
    arguments = ["compare", *of_data, *options]
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def board(out: Path) -> dict:
    return json.loads((out / "compare.json").read_text())


def config(directory: Path) -> Path:
    path = directory / "tiny.toml"
    path.write_text(CONFIG + "[evaluate]\nresamples = 100\n")
    return path


@pytest.mark.slow
def test_our_stages_beside_baselines(planted: Artifact, tmp_path: Path):
    options = ("--config", config(tmp_path), "--models", "popularity,bias,gru,two_stage")
    done = compare(planted, tmp_path / "out", *options)
    assert done.exit_code == 0, done.output
    found = board(tmp_path / "out")
    assert [*found["models"]] == ["popularity", "bias", "gru", "two_stage"]
    for name, model in found["models"].items():
        assert model["fit_s"] > 0 and 50 < model["peak_mib"] < 4_000, name
        assert 0 <= model["figures"]["ndcg@10"] <= 1
    # TensorFlow takes more than a count of events.
    assert found["models"]["two_stage"]["peak_mib"] > found["models"]["popularity"]["peak_mib"]
    assert {name for name, of in found["models"].items() if "rating" in of} == {"bias", "two_stage"}
    assert len(found["models"]["gru"]["curves"]["retrieval"]) == 2
    assert found["against"] == "two_stage" and found["split"]["kind"] == "leave_one_out"
    assert {"user_feature_gender", "user_feature_age"} <= set(found["segments"])
    page = (tmp_path / "out" / "compare.html").read_text()
    assert "4 models side by side" in page and "Learning curves of ranking" in page
    assert "| model | HR@10 |" in (tmp_path / "out" / "compare.md").read_text()

    again = compare(planted, tmp_path / "out", *options)
    assert again.exit_code == 0, again.output
    assert again.output.count("fitted before") == 6  # bias for both purposes, retrieval
    assert "fitted in" not in again.output
    assert board(tmp_path / "out") == found


@pytest.mark.slow
def test_a_model_that_is_gone_is_fitted_again_alone(planted: Artifact, tmp_path: Path):
    options = ("--config", config(tmp_path), "--models", "popularity,markov", "--protocol")
    done = compare(planted, tmp_path, *options, "user_based")
    assert done.exit_code == 0, done.output
    found = board(tmp_path)
    assert found["split"]["kind"] == "user_based" and found["against"] is None
    assert [*found["segments"]["user_known"]] == ["cold"]
    shutil.rmtree(tmp_path / "models" / "markov")
    again = compare(planted, tmp_path, *options, "user_based")
    assert again.output.count("fitted before") == again.output.count("fitted in") == 1


@pytest.mark.slow
def test_ratings_at_random(planted: Artifact, tmp_path: Path):
    done = compare(planted, tmp_path, "--config", config(tmp_path), "--protocol", "random")
    assert done.exit_code == 0, done.output
    found = board(tmp_path)
    assert "time is not respected" in found["asks"]
    assert found["split"] == {"kind": "random", "test_share": 0.1, "seed": 1}
    assert found["protocol"]["targets"] == round(0.1 * found["rows"]["accepted"])
    assert 0.3 < found["models"]["bias"]["rating"]["rmse"] < 1.5
    assert "ratings alone" in found["left_out"]["two_stage"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--models", "nobody"), "--models: expected all or names out of"),
        (("--protocol", "tomorrow"), "--protocol: expected one of"),
    ],
)
def test_what_is_unknown_is_refused_before_anything_is_done(
    planted: Artifact, tmp_path: Path, options: tuple[str, str], said: str
):
    done = compare(planted, tmp_path / "out", *options)
    assert isinstance(done.exception, ValueError) and said in str(done.exception)
    assert not (tmp_path / "out").exists()
