from pathlib import Path

from typer.testing import CliRunner

from matinee import app


def test_where_the_figures_go_is_checked_before_the_work(tmp_path: Path) -> None:
    arguments = ["evaluate", "--run", str(tmp_path), "--json", str(tmp_path / "none" / "f.json")]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert "expected a file in a directory that exists" in result.output
