"""The commands of a guide do what it says, one after the other, on small data with small models."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from commands.stages import Stages
from schemas.artifacts import ROOT, Artifact, open_artifact
from tests.test_matinee import CONFIG, matinee, pack


def commands(guide: str) -> list[list[str]]:
    """The words of each `matinee` command of a guide's code blocks, in their order."""
    text = (ROOT / "docs" / guide).read_text()
    blocks = re.findall(r"```bash\n(.*?)```", text, re.S)
    lines = [shlex.split(line) for block in blocks for line in block.splitlines()]
    return [words[1:] for words in lines if words[0] == ".venv/bin/matinee"]


@pytest.mark.slow
def test_tuning(planted: Artifact, stages: Stages, run_dir: Path, tmp_path: Path):
    asked = commands("tuning.md")
    assert [words[0] for words in asked] == ["prepare", "train", "index", "train", "evaluate"]
    fetched = matinee("fetch", "ml-100k", "--from", pack(planted, tmp_path), cwd=tmp_path)
    assert fetched.returncode == 0, fetched.stderr
    (tmp_path / "wider.toml").write_text(CONFIG)
    stages.evaluate()
    shutil.copytree(run_dir, tmp_path / "runs" / "quickstart", symlinks=True)
    for words in asked:
        done = matinee(*words, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    assert "Against the other run, paired by request" in done.stdout
    for stage, log in (("retrieval", "candidate_model"), ("ranking", "ranker")):
        kept = open_artifact(tmp_path / "runs" / "tuning" / stage).path / "log" / f"{log}.jsonl"
        assert "ndcg@10" in kept.read_text()
