"""Histories by `pipeline.collect`: the Beam job on the local runner."""

from __future__ import annotations

from pathlib import Path

from pipeline.collect import Source, collect
from pipeline.sources.blocks import open_events, plan_blocks
from schemas.cards import CARDS, load_card
from schemas.config import PrepareConfig

CARD = CARDS / "ml-csv.toml"


def group(directory: Path, out: Path) -> None:
    """Reads `ratings.csv` and `movies.csv`; writes `profiles-*.arrow` and `rejects-*.arrow`."""
    card = load_card(CARD)
    files = open_events(directory, card.events)
    source = Source(directory, card, tuple(file.name for file in files))
    blocks = list(plan_blocks(files, card.events))
    collect(source, blocks, PrepareConfig().shards, out)
