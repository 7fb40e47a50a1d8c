"""Epochs are chosen without a look at the fold that they are chosen for."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow.parquet as pq
import pytest

from benchmarks import ratings
from benchmarks.rating_folds import Held, deal, in_random_order
from schemas.artifacts import Artifact, open_artifact
from schemas.config import RankingConfig
from schemas.histories import Histories
from schemas.prepared import load_histories
from tests.benchmarks.test_rating_folds import SMALL
from tests.evaluation.baselines.pairs.build import described, with_ratings_turned
from tests.planted import write_planted


class Chosen(NamedTuple):
    """What was found for the first fold.

    Attributes:
        figures: What a number of epochs is chosen by.
        histories: All that is dealt into folds.
        prepared: Where the histories are from.
    """

    figures: dict[int, dict[str, float]]
    histories: Histories
    prepared: Artifact


class Stopped(BaseException):
    """The number of epochs is chosen for the first fold."""


@pytest.fixture
def choose(monkeypatch: pytest.MonkeyPatch) -> Callable[[Artifact, Path], Chosen]:
    """Runs the command with a small ranker until the first choice."""
    found: dict[int, dict[str, float]] = {}
    of_fold, chosen_epochs = ratings.of_fold, ratings.chosen_epochs

    def recorded(
        prepared: Artifact, rest: Histories, held: Held, config: RankingConfig
    ) -> dict[str, float]:
        found[config.epochs] = of_fold(prepared, rest, held, config)
        return found[config.epochs]

    def only_the_first(prepared: Artifact, rest: Histories) -> int:
        chosen_epochs(prepared, rest)
        raise Stopped

    def choose(data: Artifact, runs: Path) -> Chosen:
        found.clear()
        monkeypatch.setattr(ratings, "fetch_dataset", lambda *_: data)
        monkeypatch.setattr("sys.argv", ["ratings", "--runs", str(runs)])
        with pytest.raises(Stopped):
            ratings.main()
        prepared = open_artifact(runs / "prepared")
        histories = load_histories(prepared, "fit")
        return Chosen(dict(found), histories, prepared)

    monkeypatch.setattr(ratings, "RANKING", SMALL)
    monkeypatch.setattr(ratings, "EPOCHS", (1,))
    monkeypatch.setattr(ratings, "of_fold", recorded)
    monkeypatch.setattr(ratings, "chosen_epochs", only_the_first)
    return choose


def events_of_first_fold(histories: Histories) -> np.ndarray:
    """Their numbers, in the order of the histories."""
    numbered = replace(histories, item_id=np.arange(len(histories.item_id)))
    mixed = in_random_order(numbered, ratings.FOLD_SEED)
    return np.sort(mixed.item_id[deal(mixed, ratings.FOLDS, ratings.FOLD_SEED) == 0])


@pytest.mark.slow
def test_a_fold_s_own_ratings_do_not_change_what_its_epochs_are_chosen_by(
    choose: Callable[[Artifact, Path], Chosen], tmp_path: Path
) -> None:
    planted = write_planted(tmp_path / "data", users=30, items=40)
    before = choose(planted, tmp_path / "run")
    assert before.figures.keys() == {1}

    rows = pq.read_table(before.prepared.path / "fit.parquet").to_pylist()
    assert [row["user_id"] for row in rows] == before.histories.users.tolist()
    pairs = [(row["user_id"], item) for row in rows for item in row["history_item_id"]]
    fold = events_of_first_fold(before.histories)
    turned = tmp_path / "turned"
    shutil.copytree(planted.path, turned)
    lines = (planted.path / "u.data").read_text().splitlines()
    other = with_ratings_turned(lines, {pairs[event] for event in fold})
    (turned / "u.data").write_text("\n".join(other) + "\n")

    after = choose(described(turned), tmp_path / "turned_run")
    # 6 less a rating of 3 is 3.
    changed = np.flatnonzero(after.histories.rating != before.histories.rating)
    assert changed.tolist() == fold[before.histories.rating[fold] != 3].tolist()
    assert len(fold) / 5 < len(changed)
    assert after.figures[1] == pytest.approx(before.figures[1], abs=1e-6)
