"""The command line as people run it: in a process of its own."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from schemas import recommender_pb2 as pb
from schemas.artifacts import Artifact
from schemas.cards import CARDS

CONFIG = """
[prepare]
shards = 2
[retrieval]
embedding_dim = 16
history_len = 20
blocks = 1
epochs = 2
final_epochs = 1
jit = false
[index]
recall_k = 20
[ranking]
embedding_dim = 16
history_len = 20
attention_len = 12
blocks = 1
epochs = 1
hidden = [16]
negatives = 5
"""
RANKINGS = ("popularity", "recent_popularity", "retrieval", "two_stage")
FIGURES = {"hr@10", "hr@50", "hr@200", "ndcg@10", "map@200", "coverage@10", "diversity@10"}


def matinee(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "matinee", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def archive(planted: Artifact, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The planted data packed as the official ml-100k archive is."""
    return pack(planted, tmp_path_factory.mktemp("archive"))


def pack(planted: Artifact, directory: Path) -> Path:
    """Packs the planted data as the official ml-100k archive is."""
    path = directory / "ml-100k.zip"
    with zipfile.ZipFile(path, "w") as file:
        for source in planted.path.glob("u.*"):
            file.write(source, f"ml-100k/{source.name}")
    return path


@pytest.mark.slow
def test_quickstart_does_everything_once(archive: Path, tmp_path: Path):
    (tmp_path / "tiny.toml").write_text(CONFIG)
    fetched = matinee("fetch", "ml-100k", "--from", archive, cwd=tmp_path)
    assert fetched.returncode == 0, fetched.stderr
    assert "local archive ml-100k.zip" in fetched.stdout

    first = matinee("quickstart", "--config", "tiny.toml", "-k", 5, cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    check_report(json.loads((tmp_path / "runs/quickstart/report.json").read_text()))

    again = matinee("quickstart", "--config", "tiny.toml", "-k", 5, cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    for stage in ("prepared", "retrieval", "index", "ranking", "evaluation"):
        line = next(row for row in again.stdout.splitlines() if row.startswith(stage))
        assert line.endswith("unchanged, skipped"), line


def check_report(report: dict) -> None:
    assert report["dataset"] == "ml-100k"
    assert report["source"] == "ml-100k from the local archive ml-100k.zip"
    assert report["rows"]["users"] == 120
    assert report["versions"]["packages"]["tensorflow"]
    for stage in (
        "prepared",
        "retrieval",
        "index",
        "ranking",
        "evaluation",
        "fetch",
        "serve_and_recommend",
        "this_run",
    ):
        assert report["seconds"][stage] > 0
    for name in RANKINGS:
        assert set(report["metrics"][name]) >= FIGURES
        assert set(report["metrics"]["intervals"][name]) >= {"hr@10", "map@200"}
    assert {"rmse", "mae", "bias_rmse"} <= set(report["metrics"]["rating"])
    assert {"rmse", "rmse_average_of_singles", "pairs"} <= set(report["metrics"]["pair"])
    assert report["index"] == {"kind": "exact", "recall": 1.0}
    one, pair = report["recommendations"]
    assert (len(one["users"]), len(pair["users"])) == (1, 2)
    for answer in (one, pair):
        assert len(answer["response"]["recommendations"]) == 5
        for item in answer["response"]["recommendations"]:
            assert "title" in item["item"]["features"]


@pytest.mark.slow
def test_recommend_starts_a_server_for_the_call(run_dir: Path, tmp_path: Path):
    asked = matinee(
        *("recommend", "--user", "1", "--user", "2", "-k", 3, "--explain", "--run", run_dir),
        *("--objective", "blend", "--strategy", "least-misery", "--rating-weight", 0.25),
        cwd=tmp_path,
    )
    assert asked.returncode == 0, asked.stderr
    assert asked.stdout.startswith("starting a server for this call")
    assert "For 1 and 2" in asked.stdout
    # A table of three, and each again with its three reasons.
    assert asked.stdout.count("série") == 3 + 3 * (1 + 3)
    assert asked.stdout.count("1 watched") + asked.stdout.count("2 watched") == 3 * 3


@pytest.mark.slow
def test_recommend_turns_a_page(run_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "200")  # for titles in one line
    asking = ("recommend", "--user", "1", "-k", 4, "--run", run_dir, "--exclude", "1")
    wishes = ("--attribute", "year=1950..1975", "--diversity", 0.2, "--cap", "title=1")
    first = matinee(*asking, *wishes, cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    token = first.stdout.partition("next page: --page-token ")[2].strip()
    second = matinee(*asking, *wishes, "--page-token", token, cwd=tmp_path)
    assert second.returncode == 0, second.stderr
    titles = [set(re.findall(r"série \d+, épisode \d+", page.stdout)) for page in (first, second)]
    assert len(titles[0]) == len(titles[1]) == 4
    assert not titles[0] & titles[1]
    other = matinee(*asking, "--page-token", token, cwd=tmp_path)
    assert other.returncode == 1
    assert "page_token: expected filters and seen_policy as in the request for" in other.stderr


def test_recommend_refuses_an_attribute_before_it_asks(tmp_path: Path):
    asked = matinee(
        *("recommend", "--user", "1", "--server", "127.0.0.1:1", "--attribute", "genres"),
        cwd=tmp_path,
    )
    assert asked.returncode == 1
    assert "--attribute: expected FEATURE=VALUE" in asked.stderr


def test_recommend_without_an_answering_server_says_so(tmp_path: Path):
    asked = matinee("recommend", "--user", "1", "--server", "127.0.0.1:1", cwd=tmp_path)
    assert asked.returncode == 1
    assert "no server answers at 127.0.0.1:1" in asked.stderr
    assert "Traceback" not in asked.stderr


def test_stage_without_its_input_names_it(tmp_path: Path):
    trained = matinee("train", "retrieval", "--run", tmp_path / "nothing", cwd=tmp_path)
    assert trained.returncode == 1
    assert "'prepared'" in trained.stderr
    assert "Traceback" not in trained.stderr
    assert not list(tmp_path.rglob("*"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[retrieval]\nepoch = 3\n", "unknown key 'epoch'"),
        ("[retrieval]\nepochs = 'many'\n", "retrieval.epochs: expected int, got 'many'"),
        ("[retrieval]\nloss = 'bpr'\n", "retrieval.loss: expected"),
    ],
)
def test_wrong_config_is_named(run_dir: Path, tmp_path: Path, text: str, message: str):
    (tmp_path / "wrong.toml").write_text(text)
    trained = matinee(
        "train", "retrieval", "--run", run_dir, "--config", "wrong.toml", cwd=tmp_path
    )
    assert trained.returncode == 1
    assert message in trained.stderr.replace("\n", " ")
    assert not list((run_dir / "retrieval").glob(".*.[0-9]*"))


@pytest.mark.parametrize(
    "command",
    [("quickstart",), ("compare", "--out", "runs/compare"), ("serve", "--run", "runs/none")],
)
def test_a_wrong_config_is_told_before_anything_is_done(tmp_path: Path, command: tuple[str, ...]):
    (tmp_path / "wrong.toml").write_text("[retrieval]\nepochs = 0\n")
    asked = matinee(*command, "--config", "wrong.toml", cwd=tmp_path)
    assert asked.returncode == 1
    assert "retrieval.epochs: expected at least 1, got 0" in asked.stderr.replace("\n", " ")
    assert [path.name for path in tmp_path.iterdir()] == ["wrong.toml"]


def test_a_wrong_option_of_serve_is_told_before_models_are_loaded(tmp_path: Path):
    asked = matinee("serve", "--run", "runs/none", "--port", 99_999, cwd=tmp_path)
    assert asked.returncode == 1
    assert "serve.port: expected" in asked.stderr
    assert "loading" not in asked.stdout


def test_unknown_dataset_lists_the_known_ones(tmp_path: Path):
    fetched = matinee("fetch", "ml-1b", cwd=tmp_path)
    assert fetched.returncode == 1
    assert "ml-latest-small" in fetched.stderr


def test_a_misspelt_option_is_told_though_nothing_has_changed(
    run_dir: Path, planted: Artifact, tmp_path: Path
):
    prepared = matinee(
        *("prepare", "--card", CARDS / "ml-100k.toml", "--files", planted.path),
        *("--run", run_dir, "--metdata"),
        cwd=tmp_path,
    )
    assert prepared.returncode == 1
    assert "expected those of `prepare` or of Beam, got ['--metdata']" in prepared.stderr


def test_a_client_loads_no_tensorflow(tmp_path: Path):
    code = (
        "import sys, matinee, serving.client, serving.display, commands.conditions\n"
        "assert 'tensorflow' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)


def test_doctor_finds_the_pins_met(tmp_path: Path):
    checked = matinee("doctor", cwd=tmp_path)
    assert checked.returncode == 0, checked.stdout
    assert "tensorflow-recommenders" in checked.stdout
    assert "not met" not in checked.stdout


def test_enums_of_the_api_start_unspecified():
    for enum in (pb.SeenPolicy, pb.Objective, pb.Source):
        assert enum.Name(0).endswith("_UNSPECIFIED")
