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
        resamples: How often users are drawn again for intervals and paired tests; the least
            p-value of a test is 1 / (resamples + 1).
        diversity_features: Item features whose values say how alike two items of a list are, such
            as `genres`; none named: every categorical and multi-categorical one.
        seed: Seed of pairs, intervals and tests.
    """

    batch_size: int = 64
    candidates: int = 200
    pairs_per_item: int = 1_000
    resamples: int = 2_000
    diversity_features: tuple[str, ...] = ()
    seed: int = 1

    def __post_init__(self) -> None:
        at_least(
            "evaluate",
            self,
            batch_size=1,
            candidates=200,
            pairs_per_item=1,
            resamples=100,
            seed=0,
        )
