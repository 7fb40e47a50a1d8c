"""A fit that was killed goes on to the very numbers of one that was not."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from schemas.artifacts import ROOT, Artifact, build
from schemas.config import RetrievalConfig
from schemas.prepared import load_histories
from towers.fitting import fit
from towers.model import RetrievalModel
from towers.optimizer import Schedule
from towers.tail import TailScorer, hold_back
from towers.train import new_model, train
from towers.training.devices import training_scope
from towers.training.epoch_log import EpochLog

CONFIG = RetrievalConfig(
    embedding_dim=8,
    history_len=10,
    blocks=1,
    heads=1,
    dropout=0.2,
    item_id_dropout=0.1,
    epochs=3,
    patience=3,
    batch_size=16,
    tail_events=3,
    jit=False,
    checkpoint_seconds=0.0,
)


KILLED = """
import os, signal, sys
from pathlib import Path
from schemas.artifacts import open_artifact
import tests.towers.training.test_resume as resume
resume.stop = lambda: os.kill(os.getpid(), signal.SIGKILL)
resume.run(open_artifact(Path(sys.argv[1])), Path(sys.argv[2]), resume.CONFIG, killed_at=7)
"""


class Killed(BaseException):
    """Stands for a kill: nothing after the step that raised it is run or written."""


def stop() -> None:
    raise Killed


def run(
    prepared: Artifact, directory: Path, config: RetrievalConfig, killed_at: int | None = None
) -> tuple[RetrievalModel, list[dict[str, float]]]:
    """A fit whose checkpoint is in `directory`, and the lines of its log."""
    directory.mkdir(exist_ok=True)
    tail = hold_back(load_histories(prepared, "fit"), config)
    model = new_model(prepared, tail.kept, config)
    scorer = TailScorer(model, tail, config.history_len)

    def progress(text: str, done: int, steps: int) -> None:
        if done == killed_at:
            stop()

    with EpochLog(directory, "fit") as log:
        schedule = Schedule(config.epochs, config.learning_rate, config.warmup_steps)
        fit(model, tail.kept, config, schedule, log, directory / "fit.npz", progress, scorer)
    lines = [json.loads(line) for line in (directory / "fit.jsonl").read_text().splitlines()]
    return model, lines


@pytest.mark.slow
@pytest.mark.parametrize(
    ("killed_at", "changes"),
    [
        ([1], {}),
        ([4, 9], {}),
        ([4], {"jit": True}),
        ([4], {"precision": "mixed_bfloat16"}),
        ([4], {"loss": "sampled_softmax", "negatives": 16}),
        ([4], {"loss": "tfrs"}),
        ([4], {"encoder": "mean"}),
        ([4], {"encoder": "cnn"}),
        ([4], {"encoder": "gru"}),
    ],
)
def test_a_killed_fit_ends_as_the_unbroken_one(
    prepared: Artifact, tmp_path: Path, killed_at: list[int], changes: dict[str, Any]
) -> None:
    config = replace(CONFIG, **changes)
    with training_scope(config.devices, config.precision, config.batch_size):
        unbroken, expected = run(prepared, tmp_path / "unbroken", config)
        for step in killed_at:
            with pytest.raises(Killed):
                run(prepared, tmp_path / "killed", config, step)
        resumed, lines = run(prepared, tmp_path / "killed", config)
    assert [line["epoch"] for line in lines] == [1, 2, 3]
    for name in ("loss", "ndcg@10"):
        got, wanted = ([line[name] for line in found] for found in (lines, expected))
        np.testing.assert_allclose(got, wanted, atol=1e-4)
    for got, wanted in zip(resumed.get_weights(), unbroken.get_weights(), strict=True):
        np.testing.assert_allclose(got, wanted, atol=1e-4)


@pytest.mark.slow
def test_a_kill_between_the_last_step_and_validation(
    prepared: Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, expected = run(prepared, tmp_path / "unbroken", CONFIG)
    with monkeypatch.context() as patched:
        patched.setattr(TailScorer, "ndcg", lambda scorer: stop())
        with pytest.raises(Killed):
            run(prepared, tmp_path / "killed", CONFIG)
    _, lines = run(prepared, tmp_path / "killed", CONFIG)
    for name in ("loss", "ndcg@10"):
        got, wanted = ([line[name] for line in found] for found in (lines, expected))
        np.testing.assert_allclose(got, wanted, atol=1e-4)


@pytest.mark.slow
def test_a_fit_goes_on_after_sigkill(prepared: Artifact, tmp_path: Path) -> None:
    _, expected = run(prepared, tmp_path / "unbroken", CONFIG)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(prepared.path), str(tmp_path / "killed")],
        cwd=ROOT,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    _, lines = run(prepared, tmp_path / "killed", CONFIG)
    got, wanted = ([line["loss"] for line in found] for found in (lines, expected))
    np.testing.assert_allclose(got, wanted, atol=1e-4)


def test_a_finished_fit_is_not_run_again(prepared: Artifact, tmp_path: Path) -> None:
    config = replace(CONFIG, epochs=1)
    model, lines = run(prepared, tmp_path, config)
    again, same = run(prepared, tmp_path, config, killed_at=1)
    assert same == lines
    for got, wanted in zip(again.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(got, wanted)


@pytest.mark.slow
@pytest.mark.parametrize("killed_in", ["candidate model", "final model"])
def test_a_stage_goes_on_in_the_fit_that_was_killed(
    prepared: Artifact, tmp_path: Path, killed_in: str
) -> None:
    config = replace(CONFIG, epochs=2, final_epochs=2)
    begun: list[str] = []

    def stage(root: Path, killed: bool) -> Artifact:
        def progress(text: str, done: int, steps: int) -> None:
            begun.append(text.partition(",")[0])
            if killed and text.startswith(killed_in) and done == steps // 2:
                stop()

        def write(directory: Path) -> dict[str, Any]:
            return train(prepared, config, directory, progress)

        return build(root, "retrieval", config, {"prepared": prepared}, ["towers"], write)

    unbroken = stage(tmp_path / "unbroken", killed=False)
    with pytest.raises(Killed):
        stage(tmp_path / "killed", killed=True)
    begun.clear()
    resumed = stage(tmp_path / "killed", killed=False)
    assert begun[0] == killed_in  # what was finished is not fitted again
    assert resumed.figures == unbroken.figures
    for name in ("item_vectors.npy", "candidate_vectors.npy", "query_vectors.npy"):
        got, wanted = (np.load(found.path / name) for found in (resumed, unbroken))
        np.testing.assert_allclose(got, wanted, atol=1e-4)
    for log in ("candidate_model", "final_model"):
        found = [(of.path / "log" / f"{log}.jsonl").read_text() for of in (resumed, unbroken)]
        got, wanted = ([json.loads(line)["loss"] for line in text.splitlines()] for text in found)
        np.testing.assert_allclose(got, wanted, atol=1e-4)
