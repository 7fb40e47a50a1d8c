"""`python -m benchmarks.two_stage_ml_100k`: both stages on ml-100k by leave-one-out.

The default settings: one retrieval model with rankers of five seeds over it, and four more, each
with a ranker of its seed.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.two_stage import run
from commands.stages import fetch_dataset
from schemas.config import Config


def main() -> None:
    """Trains what is missing, prints the figures and writes the result."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.two_stage_ml_100k", description=__doc__
    )
    parser.add_argument("--data", type=Path, default=Path("data"), help="of fetched datasets")
    parser.add_argument("--runs", type=Path, default=Path("runs/two-stage-ml-100k"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    arguments = parser.parse_args()
    source = fetch_dataset("ml-100k", arguments.data)
    print(run("ml-100k", source, Config(), arguments.seeds, arguments.runs))


if __name__ == "__main__":
    main()
