"""The newest fifth of each user's events held out, for benchmarks of people who watch together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from benchmarks.earlier_pair_models import with_their_tasks
from schemas.config import Config

PEOPLE_TOGETHER = Path("runs/people-together")
"""Where these benchmarks keep their artefacts, so that each takes the other's models."""
TEST_SHARE = 0.2
ALL_REQUESTS = 1_000
"""More than a fifth of anybody's events: nothing that is held out is left out."""


def held_out_by_user(config: Config) -> Config:
    """The same, but that the newest fifth of each user's events is held out, all of it."""
    prepare = replace(
        config.prepare,
        split="temporal_user",
        test_share=TEST_SHARE,
        requests_per_user=ALL_REQUESTS,
    )
    return replace(config, prepare=prepare)


def people_together(config: Config) -> Config:
    """The same split, prepared for every model of pairs: one preparation for all."""
    held_out = held_out_by_user(config)
    return replace(held_out, prepare=with_their_tasks(held_out.prepare))
