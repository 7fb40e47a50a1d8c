"""`python -m benchmarks.retrieval_ablation_ml_1m ARCHIVE`: what matters most, on MovieLens 1M too.

The two parts of the retrieval model that are worth most on ml-100k, with fewer epochs than
`benchmarks/ml_1m.py` (`benchmarks/ablation.py` says how). Leave out the archive where it was
unpacked before.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from benchmarks.ablation import BASE, Ablation, ablate
from benchmarks.ml_1m import RETRIEVAL, add_source, open_source
from benchmarks.retrieval_ablation import VARIANTS
from commands.stages import Stages
from schemas.config import Config

CHOSEN = (BASE, "temperature_0.05", "seen_as_negatives")
EPOCHS, SEEDS = 8, (1,)


def main() -> None:
    """Fits what is missing, prints the table and writes the result."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.retrieval_ablation_ml_1m", description=__doc__
    )
    add_source(parser)
    parser.add_argument("--runs", type=Path, default=Path("runs/ablation-ml-1m"))
    parser.add_argument("--variants", nargs="+", choices=CHOSEN, default=[*CHOSEN])
    arguments = parser.parse_args()
    source = open_source(arguments)
    prepared = Stages(arguments.runs, Config()).prepare(source, [])
    variants = {name: VARIANTS[name] for name in CHOSEN}
    base = replace(RETRIEVAL, epochs=EPOCHS)
    name = "retrieval-ablation-ml-1m"
    whole = Ablation(name, source, prepared, base, variants, SEEDS, arguments.runs)
    ablate(whole, arguments.variants, SEEDS)


if __name__ == "__main__":
    main()
