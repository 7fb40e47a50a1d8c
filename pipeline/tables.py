"""What the first half of preparation wrote and the second half reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.splits.cut import Split
from pipeline.tasks.facts import ItemFacts, load_facts
from schemas.cards import Card
from schemas.config import PrepareConfig


@dataclass(frozen=True)
class Tables:
    """Files by path, which workers open for themselves, and how to understand them.

    Attributes:
        card: The features.
        config: All settings.
        how: The split.
        profiles: The shard files that `collect` wrote.
        catalogue: `catalogue.parquet`.
        ratings: `item_ratings.parquet`.
        plans: Directory of `pairs-<split>.arrow`; read only if there is such a task.
    """

    card: Card
    config: PrepareConfig
    how: Split
    profiles: Sequence[Path]
    catalogue: Path
    ratings: Path
    plans: Path

    def facts(self) -> ItemFacts:
        """Reads what examples are told of items."""
        return load_facts(self.catalogue, self.ratings, self.config.statistics_features)
