"""Why an answer is shorter than was asked for."""

from __future__ import annotations

import numpy as np
import pytest

from serving.eligible import Eligible
from serving.notes import shortage_notes

NOTHING = np.zeros(0, dtype=np.int64)


@pytest.mark.parametrize(
    ("reasons", "k", "listed", "by_caps", "note"),
    [
        ({}, 10, 10, False, None),
        ({}, 100, 100, False, None),
        ({"taken": 95}, 5, 5, True, None),
        (
            {"taken": 95},
            10,
            5,
            False,
            "5 items instead of 10: the catalogue holds 100, 95 of them seen or excluded",
        ),
        (
            {"filtered": 60, "taken": 30, "shown": 7},
            10,
            3,
            False,
            "3 items instead of 10: the catalogue holds 100, 30 of them seen or excluded, 60 ruled "
            "out by filters, 7 on earlier pages",
        ),
        ({}, 10, 4, True, "4 items instead of 10: the caps leave no place"),
        ({}, 10, 4, False, "4 items instead of 10: the index found no more"),
        (
            {"filtered": 95},
            10,
            2,
            True,
            "2 items instead of 10: the catalogue holds 100, 0 of them seen or excluded, 95 ruled "
            "out by filters; the caps leave no place",
        ),
    ],
)
def test_by_hand(
    reasons: dict[str, int], k: int, listed: int, by_caps: bool, note: str | None
) -> None:
    eligible = Eligible(100, NOTHING, **reasons)
    assert shortage_notes(eligible, k, listed, by_caps) == ([note] if note else [])
