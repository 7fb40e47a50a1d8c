"""`python -m benchmarks.retrieval_ablation`: what each part of the retrieval model is worth.

On ml-100k, every variant with five seeds (`benchmarks/ablation.py` says how).
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from benchmarks.ablation import BASE, Ablation, ablate
from commands.stages import Stages, fetch_dataset
from schemas.config import Config, RetrievalConfig

BEFORE = RetrievalConfig(time_bias=False, learning_rate=2e-3)
"""What was default before; the default of now is the variant that came out best."""
VARIANTS: dict[str, dict[str, Any]] = {
    BASE: {},
    "encoder_mean": {"encoder": "mean"},
    "encoder_gru": {"encoder": "gru"},
    "encoder_cnn": {"encoder": "cnn", "blocks": 4},
    "one_block": {"blocks": 1},
    "three_blocks": {"blocks": 3},
    "relative_positions": {"positions": "relative"},
    "time_bias": {"time_bias": True},
    "gated": {"gated": True},
    "successors_1": {"successors": 1},
    "successors_5": {"successors": 5},
    "temperature_0.05": {"temperature": 0.05},
    "sampled_256": {"loss": "sampled_softmax", "negatives": 256},
    "sampled_256_by_frequency": {
        "loss": "sampled_softmax",
        "negatives": 256,
        "uniform_share": 0.01,
    },
    "seen_as_negatives": {"mask_seen": False},
    "without_item_content": {"item_content": False},
    "item_id_dropout_0.1": {"item_id_dropout": 0.1},
    "dropout_0.4": {"dropout": 0.4},
    "learning_rate_0.004": {"learning_rate": 0.004},
    "time_bias_learning_rate_0.004": {"time_bias": True, "learning_rate": 0.004},
    "gru_learning_rate_0.004": {"encoder": "gru", "learning_rate": 0.004},
    "weight_decay_0.1": {"weight_decay": 0.1},
    "embedding_dim_128": {"embedding_dim": 128},
}


def main() -> None:
    """Fits what is missing, prints the table and writes the result."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.retrieval_ablation", description=__doc__
    )
    parser.add_argument("--data", type=Path, default=Path("data"), help="of fetched datasets")
    parser.add_argument("--runs", type=Path, default=Path("runs/ablation"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--variants", nargs="+", choices=[*VARIANTS], default=[*VARIANTS])
    arguments = parser.parse_args()
    source = fetch_dataset("ml-100k", arguments.data)
    prepared = Stages(arguments.runs, Config()).prepare(source, [])
    variants = {name: VARIANTS[name] for name in arguments.variants}
    name = "retrieval-ablation"
    ablate(Ablation(name, source, prepared, BEFORE, variants, arguments.runs), arguments.seeds)


if __name__ == "__main__":
    main()
