from pathlib import Path

import pytest
from typer.testing import CliRunner

from matinee import app


def test_where_it_is_mounted_is_checked_before_the_work(tmp_path: Path) -> None:
    arguments = ["export", "--tf-serving", str(tmp_path), "--mounted-at", "models"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert "expected an absolute path, got models" in result.output


def test_a_directory_that_is_no_run(tmp_path: Path) -> None:
    arguments = ["export", "--tf-serving", str(tmp_path / "out"), "--run", str(tmp_path)]
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, FileNotFoundError)
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_an_export_and_the_same_again(run_dir: Path, tmp_path: Path) -> None:
    def export() -> str:
        arguments = ["export", "--tf-serving", str(tmp_path), "--run", str(run_dir)]
        result = CliRunner().invoke(app, [*arguments, "--mounted-at", "/models"])
        assert result.exit_code == 0, result.output
        return result.output

    first = export()
    assert first.count("written") == 2
    assert f"--port=8501 --model_config_file={tmp_path}/models.config" in first
    assert f"matinee serve --run {run_dir} --backend tf-serving://127.0.0.1:8501" in first
    assert 'base_path: "/models/matinee_ranking"' in (tmp_path / "models.config").read_text()
    assert export().count("was there") == 2
