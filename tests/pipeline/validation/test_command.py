"""`python -m pipeline --infer-schema`, and what it leaves as it was."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from schemas.artifacts import ROOT
from tests.pipeline.validation.build import write


def run(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pipeline", "--card", "shop.toml", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=directory,
        env={"PYTHONPATH": str(ROOT)},
    )


def test_a_schema_from_the_command_line(tmp_path: Path) -> None:
    write(tmp_path)
    before = {file.name for file in tmp_path.iterdir()}
    done = run(tmp_path, "--infer-schema", "shop.pbtxt")
    assert done.returncode == 0, done.stderr
    assert '"path": "shop.pbtxt"' in done.stdout
    assert {file.name for file in tmp_path.iterdir()} == before | {"shop.pbtxt"}

    inferred = (tmp_path / "shop.pbtxt").read_text()
    (tmp_path / "shop.pbtxt").write_text(inferred + "# mine\n")
    done = run(tmp_path, "--infer-schema", "shop.pbtxt")
    assert done.returncode != 0
    assert "got one that was edited; --overwrite writes it anew" in done.stderr
    assert (tmp_path / "shop.pbtxt").read_text().endswith("# mine\n")
    assert run(tmp_path, "--infer-schema", "shop.pbtxt", "--overwrite").returncode == 0
    assert (tmp_path / "shop.pbtxt").read_text() == inferred


def test_another_schema_than_the_one_beside_the_card(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "other.pbtxt").write_text("feature { name: 'x' }")
    done = run(tmp_path, "--out", "out", "--schema", "other.pbtxt")
    assert "other.pbtxt: feature 'x': expected a column that the card shop reads" in done.stderr
    assert not any((tmp_path / "out").glob("*"))
    assert "expected --out or --infer-schema" in run(tmp_path).stderr
