"""The line of a stage, of manifests written by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from commands.summaries import prepared_line, ranking_line, retrieval_line
from schemas.artifacts import Artifact


def prepared(rejected: int, period: dict[str, int]) -> Artifact:
    rows = {"read": 2818, "rejected": rejected, "users": 200, "items": 1100}
    return Artifact(Path("runs/x/prepared/1"), {"figures": {"rows": rows, "period": period}})


def test_what_was_prepared() -> None:
    # 25 / 2818 = .88715 %; 1.7 million seconds are 19.676 days, 1 814 400 are 21.
    line = prepared_line(prepared(25, {"first": 1_700_000, "last": 1_814_400}))
    assert line == (
        "2 818 rows read, 25 rejected (0.89%, runs/x/prepared/1/rejects/rejects.jsonl), "
        "200 users, 1 100 items, 1970-01-20 to 1970-01-22"
    )


def test_no_rejects_and_no_times() -> None:
    line = prepared_line(prepared(0, {}))
    assert line == "2 818 rows read, 0 rejected, 200 users, 1 100 items"


def test_a_year_that_python_does_not_count() -> None:
    line = prepared_line(prepared(0, {"first": 0, "last": 253_402_300_800}))
    assert line.endswith("1970-01-01 to 10000-01-01")


def test_retrieval_tells_of_the_epoch_that_was_kept(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    log = tmp_path / "log" / "candidate_model.jsonl"
    found = [0.1, 0.23456, 0.2]
    epochs = [{"epoch": at, "ndcg@10": value} for at, value in enumerate(found, 1)]
    log.write_text("".join(json.dumps(epoch) + "\n" for epoch in epochs))
    line = retrieval_line(Artifact(tmp_path, {"figures": {"epochs": 2}}))
    assert line == f"validation NDCG@10 0.2346 at epoch 2, log {log}"


@pytest.mark.parametrize(
    ("rated", "shown"), [({"validation_rmse": 0.95063}, " and RMSE 0.9506"), ({}, "")]
)
def test_ranking_tells_of_ratings_where_there_are_any(rated: dict[str, float], shown: str) -> None:
    figures = {"epoch": 5, "validation_ndcg@10": 0.14261} | rated
    line = ranking_line(Artifact(Path("runs/x/ranking/1"), {"figures": figures}))
    log = "runs/x/ranking/1/log/ranker.jsonl"
    assert line == f"validation NDCG@10 0.1426{shown} at epoch 5, log {log}"
