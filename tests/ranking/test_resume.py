"""A ranker whose training was killed becomes the very one that it would have been."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import ranking.train
from ranking.trainer import RankerTrainer
from schemas.artifacts import Artifact
from schemas.config import RankingConfig

CONFIG = RankingConfig(
    embedding_dim=16,
    history_len=20,
    attention_len=12,
    blocks=1,
    epochs=2,
    hidden=(8,),
    negatives=10,
    checkpoint_seconds=0.0,
)


class Killed(BaseException):
    """Stands for a kill: nothing after the step that raised it is run or written."""


def train(
    prepared: Artifact, retrieval: Artifact, directory: Path, killed_at: int = -1
) -> list[dict[str, float]]:
    """The lines of the log; killed after the step of this number."""

    def progress(text: str, done: int, steps: int) -> None:
        if done == killed_at:
            raise Killed

    directory.mkdir(parents=True)
    ranking.train.train(prepared, retrieval, CONFIG, directory, progress)
    lines = (directory / "log" / "ranker.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture
def weights(monkeypatch: pytest.MonkeyPatch) -> list[list[np.ndarray]]:
    """Takes the weights that would be exported."""
    found: list[list[np.ndarray]] = []

    def export(trainer: RankerTrainer, *_: object) -> None:
        found.append(trainer.ranker.get_weights())

    monkeypatch.setattr(ranking.train, "export", export)
    return found


@pytest.mark.slow
def test_a_killed_training_ends_as_the_unbroken_one(
    prepared: Artifact, retrieval: Artifact, tmp_path: Path, weights: list[list[np.ndarray]]
) -> None:
    expected = train(prepared, retrieval, tmp_path / "unbroken" / ".ranking.v.1")
    with pytest.raises(Killed):
        train(prepared, retrieval, tmp_path / "killed" / ".ranking.v.1", killed_at=6)
    found = train(prepared, retrieval, tmp_path / "killed" / ".ranking.v.2")
    assert [line["epoch"] for line in found] == [1, 2]
    for line, wanted in zip(found, expected, strict=True):
        for name in line.keys() - {"seconds"}:
            assert line[name] == pytest.approx(wanted[name], abs=1e-4), name
    unbroken, resumed = weights
    for got, wanted_weights in zip(resumed, unbroken, strict=True):
        np.testing.assert_allclose(got, wanted_weights, atol=1e-4)
