"""`python -m benchmarks.retrieval_ablation`: what each part of the retrieval model is worth.

On ml-100k, every variant with five seeds, each of which departs in one part from the default
settings without dropout of ids, which is a variant (`benchmarks/ablation.py` says how). Several
calls, with some seeds or variants each and the same `--runs`, share the work.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from benchmarks.ablation import BASE, Ablation, ablate
from commands.stages import Stages, fetch_dataset
from schemas.config import Config, RetrievalConfig

SEEDS = (1, 2, 3, 4, 5)
VARIANTS: dict[str, dict[str, Any]] = {
    BASE: {},
    "encoder_mean": {"encoder": "mean"},
    "encoder_gru": {"encoder": "gru"},
    "encoder_cnn": {"encoder": "cnn", "blocks": 4},
    "one_block": {"blocks": 1},
    "three_blocks": {"blocks": 3},
    "without_time_bias": {"time_bias": False},
    "learning_rate_0.002": {"learning_rate": 0.002},
    "temperature_0.05": {"temperature": 0.05},
    "temperature_0.1": {"temperature": 0.1},
    "temperature_0.2": {"temperature": 0.2},
    "sampled_256": {"loss": "sampled_softmax", "negatives": 256},
    "seen_as_negatives": {"mask_seen": False},
    "without_item_content": {"item_content": False},
    "item_id_dropout_0.1": {"item_id_dropout": 0.1},
}


def main() -> None:
    """Fits what is missing, prints the table and writes the result."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.retrieval_ablation", description=__doc__
    )
    parser.add_argument("--data", type=Path, default=Path("data"), help="of fetched datasets")
    parser.add_argument("--runs", type=Path, default=Path("runs/ablation"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[*SEEDS])
    parser.add_argument("--variants", nargs="+", choices=[*VARIANTS], default=[*VARIANTS])
    arguments = parser.parse_args()
    source = fetch_dataset("ml-100k", arguments.data)
    prepared = Stages(arguments.runs, Config()).prepare(source, [])
    name, base = "retrieval-ablation", RetrievalConfig(item_id_dropout=0.0)
    whole = Ablation(name, source, prepared, base, VARIANTS, SEEDS, arguments.runs)
    ablate(whole, arguments.variants, arguments.seeds)


if __name__ == "__main__":
    main()
