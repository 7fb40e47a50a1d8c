"""The documents tell the truth: files, commands, targets and options they name exist."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from matinee import app
from schemas.artifacts import ROOT
from schemas.cards import Card, card_from_dict
from schemas.config import Config
from schemas.config.load import config_from_dict

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMAND = re.compile(r"^(?:\.venv/bin/)?matinee ([a-z ]+?)(?= -| [A-Z0-9\[<]|$| ml-)(.*)$", re.M)
PATH = re.compile(
    r"`((?:pipeline|towers|ranking|serving|schemas|evaluation|tests|benchmarks|docs)/[\w./-]*)`"
)


def commands() -> list[tuple[str, str]]:
    """Each `matinee ...` line of a code block: its words and its options."""
    found = []
    for document in DOCUMENTS:
        for block in re.findall(r"```(?:bash|sh|console)\n(.*?)```", document.read_text(), re.S):
            found += [(words.strip(), rest) for words, rest in COMMAND.findall(block)]
    return found


def test_some_commands_are_shown():
    assert {words for words, _ in commands()} >= {"fetch", "train retrieval", "serve", "recommend"}


@pytest.mark.parametrize(("words", "rest"), commands())
def test_command_and_its_options_exist(words: str, rest: str):
    shown = CliRunner().invoke(app, [*words.split(), "--help"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0, shown.output
    for option in re.findall(r"(?<!\S)(--?[a-z][a-z-]*)", rest):
        assert option in shown.output, option


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_and_paths_lead_somewhere(document: Path):
    text = document.read_text()
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
        assert (document.parent / target).exists(), target
    for target in PATH.findall(text):
        assert (ROOT / target).exists(), target


def test_settings_and_cards_can_be_read():
    read = []
    for document in DOCUMENTS:
        for block in re.findall(r"```toml\n(.*?)```", document.read_text(), re.S):
            shown = tomllib.loads(textwrap.dedent(block))
            reader = card_from_dict if "events" in shown else config_from_dict
            read.append(type(reader(shown, document.name)))
    assert {Card, Config} == set(read)


def test_make_targets_exist():
    makefile = (ROOT / "Makefile").read_text()
    for document in DOCUMENTS:
        for target in re.findall(r"(?m)(?:`|^)make ([a-z][a-z0-9-]*)", document.read_text()):
            result = target.removeprefix("results-").replace("-", "_")
            measured = target.startswith("results-") and (ROOT / "benchmarks" / f"{result}.py")
            named = re.search(rf"^{target}:", makefile, re.M)
            assert named or (measured and measured.is_file()), target


def test_generated_code_is_up_to_date(tmp_path: Path):
    command = [sys.executable, "-m", "grpc_tools.protoc", "-I", ".", "schemas/recommender.proto"]
    outputs = [f"--{kind}_out={tmp_path}" for kind in ("python", "grpc_python", "pyi")]
    subprocess.run([*command, *outputs], cwd=ROOT, check=True)
    made = sorted((tmp_path / "schemas").iterdir())
    assert len(made) == 3
    for path in made:
        assert path.read_text() == (ROOT / "schemas" / path.name).read_text(), path.name
