import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from commands.stages import open_evaluation
from evaluation.per_request import FILE
from matinee import app


def test_where_the_figures_go_is_checked_before_the_work(tmp_path: Path) -> None:
    arguments = ["evaluate", "--run", str(tmp_path), "--json", str(tmp_path / "none" / "f.json")]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert "expected a file in a directory that exists" in result.output


def test_what_is_compared_with_is_checked_before_the_work(tmp_path: Path) -> None:
    arguments = ["evaluate", "--run", str(tmp_path), "--against", str(tmp_path / "other")]
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, FileNotFoundError)
    assert "other/evaluation: expected a finished 'evaluation' directory" in str(result.exception)


@pytest.mark.slow
def test_an_evaluation_against_another(run_dir: Path, tmp_path: Path) -> None:
    def evaluate(*options: str | Path) -> str:
        result = CliRunner().invoke(app, ["evaluate", "--run", str(run_dir), *map(str, options)])
        assert result.exit_code == 0, result.output
        return result.output

    shown = evaluate()
    assert "120 held-out events of 120 users" in shown
    assert "Against" not in shown
    first = open_evaluation(run_dir)
    assert pq.read_table(first.path / FILE).num_rows == 120

    # Other settings make another evaluation of the same models: held against its own directory.
    (tmp_path / "other.toml").write_text("[evaluate]\nresamples = 500\n")
    shown = evaluate(
        *("--config", tmp_path / "other.toml", "--against", first.path),
        *("--json", tmp_path / "figures.json"),
    )
    assert "Against the other run, paired by request" in shown
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert figures["protocol"]["resamples"] == 500
    assert figures["against"]["version"] == first.version
    assert set(figures["against"]["models"]) >= {"recent_popularity", "retrieval", "two_stage"}
    compared = figures["against"]["models"]["retrieval"]["ndcg@10"]
    assert compared["ours"] == pytest.approx(figures["retrieval"]["ndcg@10"])
    assert (compared["difference"], compared["p"]) == (0, 1)
