"""Table `[evaluate]`."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.config.checks import at_least


@dataclass(frozen=True)
class EvaluateConfig:
    """Offline evaluation.

    Attributes:
        batch_size: Users scored at once.
        candidates: Items asked of retrieval and ordered by the second stage; at least 200, the
            widest cut-off that is reported.
        pairs_per_item: Most pairs of users who share a test item, for the error of joint ratings;
            above it as many are drawn at random.
        seed: Seed of that draw.
    """

    batch_size: int = 64
    candidates: int = 200
    pairs_per_item: int = 1_000
    seed: int = 1

    def __post_init__(self) -> None:
        at_least("evaluate", self, batch_size=1, candidates=200, pairs_per_item=1, seed=0)
