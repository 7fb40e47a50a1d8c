"""The notebooks of the documentation run from their first cell to their last."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from schemas.artifacts import ROOT, Artifact
from tests.notebook import cells
from tests.test_matinee import matinee, pack

NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))


def test_there_are_notebooks_and_nothing_of_a_machine_is_in_them():
    assert [path.stem for path in NOTEBOOKS] == ["exploration", "training"]
    for path in NOTEBOOKS:
        for cell in json.loads(path.read_text())["cells"]:
            assert not cell.get("outputs") and cell.get("execution_count") is None


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_cell_runs(path: Path, planted: Artifact, tmp_path: Path):
    fetched = matinee("fetch", "ml-100k", "--from", pack(planted, tmp_path), cwd=tmp_path)
    assert fetched.returncode == 0, fetched.stderr
    done = subprocess.run(
        [sys.executable, "-m", "tests.notebook", str(path)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4_000:]
    shown = json.loads(done.stdout.splitlines()[-1])
    assert len(shown) == len(cells(path))
    kinds = {"exploration": ("<svg", 3), "training": ("<table", 4)}
    kind, count = kinds[path.stem]
    assert sum(kind in text for text in shown) >= count
