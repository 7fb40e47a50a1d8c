"""The commands of a guide do what it says, one after the other, on small data with small models."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from commands.stages import Stages
from schemas.artifacts import ROOT, Artifact, open_artifact
from schemas.config import load_config
from serving.own_process import ANNOUNCEMENT
from tests.serving.test_server import GRPCURL
from tests.test_matinee import CONFIG, matinee, pack

SERVED = "127.0.0.1:8500"
"""Where the README has its server; here it has a free port."""
NOT_HERE = ("join", "--metadata")
"""Film metadata is of another data set, which no test has; tests/pipeline/join runs these."""


def blocks(guide: str, language: str) -> list[str]:
    """The code blocks of a language."""
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / guide).read_text(), re.S)


def commands(guide: str, program: str = "matinee") -> list[list[str]]:
    """The words behind a program's name, of each of its commands in a guide, in their order."""
    lines = [
        shlex.split(line, comments=True)
        for block in blocks(guide, "bash")
        for line in block.replace("\\\n", " ").splitlines()
    ]
    return [words[1:] for words in lines if words and words[0] == f".venv/bin/{program}"]


def done(words: list[str], cwd: Path) -> str:
    """Runs a command and returns what it printed."""
    run = matinee(*words, cwd=cwd)
    assert run.returncode == 0, (words, run.stderr)
    return run.stdout


def call(guide: str, target: str) -> str:
    """Makes each gRPC call that a guide makes from a shell; returns what was answered."""
    calls = [[GRPCURL, *words] for words in commands(guide, "grpcurl")]
    return "".join(run_at(target, words) for words in calls)


def run_at(target: str, words: list[str]) -> str:
    """Runs a program that asks `SERVED`, of another server; returns what it printed."""
    here = [word.replace(SERVED, target) for word in words]
    run = subprocess.run(here, capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == 0, (words, run.stderr)
    return run.stdout


@contextmanager
def serving(words: list[str], cwd: Path) -> Iterator[str]:
    """`host:port` of a server that a command starts, on a free port."""
    command = [sys.executable, "-m", "matinee", *words]
    command[command.index("--port") + 1] = "0"
    with subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = (line.strip() for line in process.stdout)
            ready = next((line for line in said if line.startswith(ANNOUNCEMENT)), "")
            assert ready, "the server ended"
            yield ready.removeprefix(ANNOUNCEMENT)
        finally:
            process.terminate()


def test_the_ranker_of_the_tuning_guide_can_begin_with_its_retrieval(tmp_path: Path):
    path = tmp_path / "wider.toml"
    path.write_text(blocks("docs/tuning.md", "toml")[0])
    config = load_config(path)
    assert config.ranking.embedding_dim == config.retrieval.embedding_dim == 128


@pytest.mark.slow
def test_tuning(planted: Artifact, stages: Stages, run_dir: Path, tmp_path: Path):
    asked = commands("docs/tuning.md")
    assert [words[0] for words in asked] == ["prepare", "train", "index", "train", "evaluate"]
    fetched = matinee("fetch", "ml-100k", "--from", pack(planted, tmp_path), cwd=tmp_path)
    assert fetched.returncode == 0, fetched.stderr
    (tmp_path / "wider.toml").write_text(CONFIG)
    stages.evaluate()
    shutil.copytree(run_dir, tmp_path / "runs" / "quickstart", symlinks=True)
    said = [done(words, tmp_path) for words in asked]
    assert "Against the other run, paired by request" in said[-1]
    for stage, log in (("retrieval", "candidate_model"), ("ranking", "ranker")):
        kept = open_artifact(tmp_path / "runs" / "tuning" / stage).path / "log" / f"{log}.jsonl"
        assert "ndcg@10" in kept.read_text()


@pytest.mark.slow
def test_readme(planted: Artifact, tmp_path: Path):
    asked = [words for words in commands("README.md") if not set(words) & set(NOT_HERE)]
    names = [words[0] for words in asked]
    assert names == [
        *("fetch", "prepare", "describe", "train", "index", "train", "evaluate", "serve"),
        *("recommend", "doctor", "compare", "prepare"),
    ]
    (tmp_path / "mine.toml").write_text(CONFIG)
    (tmp_path / "shop.toml").write_text(blocks("README.md", "toml")[-1])
    write_orders(tmp_path / "exports")
    at = names.index("serve")
    first = [asked[0] + ["--from", str(pack(planted, tmp_path))], *asked[1:at]]
    for words in first:
        done(words, tmp_path)
    with serving(asked[at], tmp_path) as target:
        said = done([target if word == SERVED else word for word in asked[at + 1]], tmp_path)
        assert '"recorded": 1' in call("README.md", target)
    assert said.count("\n") > 5
    for words in asked[at + 2 :]:
        # A comparison of the default models would take minutes, even here.
        done(words + ["--config", "mine.toml"] * (words[0] == "compare"), tmp_path)
    assert (tmp_path / "runs" / "compare" / "compare.html").is_file()
    assert open_artifact(tmp_path / "runs" / "shop" / "prepared").figures["rows"]["accepted"] > 300


@pytest.mark.slow
def test_own_data(tmp_path: Path):
    asked = commands("docs/own-data.md")
    assert [words[0] for words in asked] == [
        *("prepare", "describe", "train", "index", "train", "evaluate", "recommend"),
    ]
    (tmp_path / "shop.toml").write_text(blocks("docs/own-data.md", "toml")[0])
    (tmp_path / "shop-models.toml").write_text(CONFIG)
    write_orders(tmp_path / "exports")
    small = ["--config", "shop-models.toml"]
    said = [done(words + small * (words[0] == "train"), tmp_path) for words in asked]
    assert "two stage" in said[-2]
    assert "For c1 and c2" in said[-1]


@pytest.mark.slow
def test_serving(run_dir: Path, tmp_path: Path):
    asked = commands("docs/serving.md")
    assert [" ".join(words[:2]) for words in asked] == [
        *("recommend --user", "events record", "items upsert", "items delete"),
        *("export --run", "serve --run"),
    ]
    for run in ("quickstart", "mine"):
        shutil.copytree(run_dir, tmp_path / "runs" / run, symlinks=True)
    shown = re.findall(r"such as\s`(\{.*?\})`", (ROOT / "docs/serving.md").read_text())
    files = {name: tmp_path / f"{name}.jsonl" for name in ("events", "items")}
    for file, line in zip(files.values(), shown, strict=True):
        file.write_text(f"{line}\n")
    recommend, *changes, export, _ = asked  # tests/serving/test_tf_serving.py serves from one
    assert "For 1" in done(recommend, tmp_path)
    with serving(["serve", "--run", "runs/quickstart", "--port", "8500"], tmp_path) as target:
        said = []
        for words in changes:
            here = {SERVED: target, "ID": "n1", "FILE": str(files.get(words[0]))}
            said.append(done([here.get(word, word) for word in words], tmp_path))
        assert '"item_features"' in call("docs/serving.md", target)
        assert run_at(target, [sys.executable, "-c", blocks("docs/serving.md", "python")[0]])
    assert [text.split(",")[0] for text in said] == ["1 recorded", "1 added", "1 deleted"]
    done([str(tmp_path / "models") if word == "/srv/models" else word for word in export], tmp_path)
    assert (tmp_path / "models" / "models.config").is_file()


@pytest.mark.slow
def test_evaluation(planted: Artifact, run_dir: Path, tmp_path: Path):
    asked = commands("docs/evaluation.md")
    assert [words[0] for words in asked] == ["compare", "evaluate"]
    (tmp_path / "mine.toml").write_text(CONFIG)
    done(["fetch", "ml-100k", "--from", str(pack(planted, tmp_path))], tmp_path)
    for run in ("old", "new"):
        shutil.copytree(run_dir, tmp_path / "runs" / run, symlinks=True)
    done(["evaluate", "--run", "runs/old"], tmp_path)
    for words in asked:
        done([*words, "--config", "mine.toml"], tmp_path)
    against = json.loads((tmp_path / "compared.json").read_text())["against"]
    assert {"retrieval", "two_stage"} <= set(against["models"])


def write_orders(directory: Path) -> None:
    """40 customers with 10 orders each of 30 goods, as the README's card names the columns."""
    directory.mkdir()
    random = np.random.default_rng(1)
    lines = [
        f"c{customer},s{good},{1_700_000_000 + 3_600 * at}"
        for customer in range(40)
        for at, good in enumerate(random.choice(30, 10, replace=False))
    ]
    (directory / "orders.csv").write_text("\n".join(["customer,sku,bought_at", *lines]) + "\n")
