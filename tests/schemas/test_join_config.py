"""Settings of the join that cannot work are refused by name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from schemas.config import JoinConfig, load_config


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("min_score", 100.5, "0 to 100"),
        ("min_score", float("nan"), "0 to 100"),
        ("year_tolerance", -1, "0 or more"),
        ("year_penalty", float("inf"), "0 or more"),
        ("near_miss", -0.5, "0 or more"),
        ("max_block", 0, "at least 1"),
        ("imdb_kinds", (), "at least one title type"),
    ],
)
def test_out_of_range(name: str, value: Any, expected: str) -> None:
    with pytest.raises(ValueError, match=rf"join\.{name}: expected {expected}"):
        replace(JoinConfig(), **{name: value})


def test_from_toml(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text('[join]\nmin_score = 95\nimdb_kinds = ["movie"]\n')
    join = load_config(path).join
    assert (join.min_score, join.imdb_kinds, join.year_tolerance) == (95.0, ("movie",), 1)
