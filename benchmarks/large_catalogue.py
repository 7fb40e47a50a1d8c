"""`python -m benchmarks.large_catalogue RUN`: a run whose catalogue is as large as asked for.

A generated log, prepared, and models that have gone through it once: what they recommend is worth
nothing, and it takes what it takes to recommend from so many items.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks.grouping.by_matinee import CARD
from benchmarks.rating_log import write_release
from commands.stages import Stages
from pipeline.adopt import adopt
from schemas.config import Config, RankingConfig, RetrievalConfig

SEED = 1
CONFIG = Config(
    retrieval=RetrievalConfig(
        loss="sampled_softmax", epochs=1, final_epochs=1, warmup_steps=10, patience=1
    ),
    ranking=RankingConfig(epochs=1),
)
"""The default models, with negatives drawn, as a catalogue of this size asks for."""


def main() -> None:
    """Builds what a server needs."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.large_catalogue", description=__doc__
    )
    parser.add_argument("run", type=Path)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--ratings", type=int, default=500_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="matinee-release-") as release:
        write_release(Path(release), arguments.ratings, SEED, arguments.items)
        stages = Stages(arguments.run, CONFIG)
        stages.prepare(adopt(CARD, Path(release)), [])
    stages.train_retrieval()
    stages.index()
    stages.train_ranking()


if __name__ == "__main__":
    main()
