"""Table `[join]`."""

from __future__ import annotations

import math
from dataclasses import dataclass

from schemas.config.checks import refuse

MAX_SCORE = 100.0
"""Similarity of a title with itself."""


@dataclass(frozen=True)
class JoinConfig:
    """`pipeline/joining/`: metadata of films found by id or by title and year.

    Attributes:
        year_tolerance: Most years between an item and a record with the same title.
        min_score: Least similarity of two titles that are not spelled the same, 0 to 100
            (rapidfuzz's token_sort_ratio); `python -m benchmarks.join` prints what others cost.
        year_penalty: Points of similarity that each year between the two costs.
        near_miss: Points below `min_score` within which a pair is reported as doubtful.
        max_block: A word held by more titles of neighbouring years than this is not looked for.
        imdb_kinds: Title types of IMDb that are films.
    """

    year_tolerance: int = 1
    min_score: float = 95.0
    year_penalty: float = 5.0
    near_miss: float = 5.0
    max_block: int = 500
    imdb_kinds: tuple[str, ...] = (
        "movie",
        "tvMovie",
        "video",
        "short",
        "tvShort",
        "tvSpecial",
        "tvMiniSeries",
        "tvSeries",
    )

    def __post_init__(self) -> None:
        if not 0 <= self.min_score <= MAX_SCORE:
            refuse("join.min_score", f"0 to {MAX_SCORE:g}", self.min_score)
        if self.max_block < 1:
            refuse("join.max_block", "at least 1", self.max_block)
        for name in ("year_tolerance", "year_penalty", "near_miss"):
            if not 0 <= getattr(self, name) < math.inf:
                refuse(f"join.{name}", "0 or more, and finite", getattr(self, name))
        if not self.imdb_kinds:
            refuse("join.imdb_kinds", "at least one title type", self.imdb_kinds)
