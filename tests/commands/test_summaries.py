"""The line of a stage, of manifests written by hand."""

from __future__ import annotations

from pathlib import Path

from commands.summaries import prepared_line
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
