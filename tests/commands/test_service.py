import pytest
from typer.testing import CliRunner

from matinee import app


@pytest.mark.parametrize(
    ("option", "value"), [("-k", "0"), ("--diversity", "1.5"), ("--rating-weight", "-1")]
)
def test_numbers_are_checked_before_a_server_starts(option, value):
    result = CliRunner().invoke(app, ["recommend", "--user", "1", option, value])
    assert result.exit_code == 2
    assert "starting a server" not in result.output
    assert option in result.output


@pytest.mark.parametrize(
    "options", [["--strategy", "joint"], ["--rating-weight", "0.5"], ["--cap", "genres=0"]]
)
def test_what_does_not_go_together_is_refused_before_a_server_starts(options):
    result = CliRunner().invoke(app, ["recommend", "--user", "1", *options])
    assert str(result.exception).startswith(f"{options[0]}: ")
    assert "starting a server" not in result.output
