"""`python -m pipeline` by itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from schemas.artifacts import ROOT


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "expected --data, --card or both"),
        (["--card", "card.toml"], "clicks.csv: expected a file, found none"),
    ],
)
def test_what_is_missing_is_named(tmp_path: Path, arguments: list[str], message: str) -> None:
    (tmp_path / "card.toml").write_text(
        'name = "clicks"\n[events]\nfiles = "clicks.csv"\nformat = "csv"\n'
        'user_id = "user"\nitem_id = "item"\n'
    )
    command = [sys.executable, "-m", "pipeline", "--out", str(tmp_path / "out"), *arguments]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
    )
    assert done.returncode != 0
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()
