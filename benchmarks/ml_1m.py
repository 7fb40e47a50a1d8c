"""`python -m benchmarks.ml_1m ARCHIVE`: retrieval alone on MovieLens 1M by leave-one-out.

The archive has `ml-1m.sequences.csv` (`user_id,position,movie_id`: all interactions in the order of
time) and the release's `movies.dat` and `users.dat`: no ratings and no times, so neither is read.
Leave out the archive where it was unpacked before.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from benchmarks.leave_one_out import run
from pipeline.adopt import adopt
from pipeline.unpack import unpack
from schemas.artifacts import Artifact
from schemas.config import Config, RetrievalConfig

CARD = Path(__file__).with_suffix(".toml")
RETRIEVAL = RetrievalConfig(
    embedding_dim=128,
    history_len=200,
    time_bias=False,  # there are no times
    item_id_dropout=0.0,
    learning_rate=3e-3,
    weight_decay=0.1,
    epochs=30,
    final_epochs=15,
    warmup_steps=200,
)
"""Chosen on the tails of histories (docs/decisions.md, "What MovieLens 1M asks for")."""


def main() -> None:
    """Trains what is missing, prints the table and writes the result."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ml_1m", description=__doc__)
    add_source(parser)
    parser.add_argument("--runs", type=Path, default=Path("runs/retrieval-ml-1m"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    arguments = parser.parse_args()
    config = replace(Config(), retrieval=RETRIEVAL)
    print(run("ml-1m", open_source(arguments), config, arguments.seeds, arguments.runs))


def add_source(parser: argparse.ArgumentParser) -> None:
    """Adds the options that say where the data is."""
    parser.add_argument("archive", type=Path, nargs="?")
    parser.add_argument("--data", type=Path, default=Path("data/ml-1m-order-only"))


def open_source(arguments: argparse.Namespace) -> Artifact:
    """The data that the options of `add_source` name, unpacked where an archive is given."""
    if arguments.archive is not None:
        arguments.data.mkdir(parents=True, exist_ok=True)
        unpack(arguments.archive, arguments.data)
    return adopt(CARD, arguments.data)


if __name__ == "__main__":
    main()
