"""`python -m benchmarks.ranking_ablation`: what each part of the ranker is worth.

On ml-100k by leave-one-out, over one retrieval model, whose candidates, scores and vectors stay
the same. A variant differs from the defaults in the named settings alone; windows of another length
have a batch size with which an epoch has as many steps as by default. Its figures are those of the
validation events, of which neither retrieval's candidates nor the ranker know: settings are chosen
by them, and the test events are not looked at. They are of single people, whom nobody's other
history reaches: what pairs have of their own is in `benchmarks/pairs.py`, and what it saves that
candidates do not read each other in `benchmarks/rank.py`. Windows of 4 also leave fewer held-back
events to learn lists from.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, replace
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from benchmarks.results import described, write_result
from commands.stages import Stages, fetch_dataset
from schemas.config import Config

BASE = "default"
VARIANTS: dict[str, dict[str, Any]] = {
    BASE: {},
    "without_times": {"without": ("times",)},
    "without_rating_tokens": {"without": ("rating_tokens",)},
    "without_item_content": {"without": ("item_content",)},
    "one_head": {"heads": 1},
    "one_block": {"blocks": 1},
    "easy_negatives_8": {"easy_negatives": 8},
    "windows_of_4": {"history_len": 4, "attention_len": 4, "batch_size": 328},
    "history_len_50": {"history_len": 50},
    "attention_len_100": {"attention_len": 100, "batch_size": 20},
    "without_pairs": {"pair_weight": 0.0},
    "pair_batch_size_64": {"pair_batch_size": 64},
    "without_like": {"like_weight": 0.0},
    "learned_task_weights": {"task_weights": "learned"},
    "epochs_10": {"epochs": 10},
    "learning_rate_0.001": {"learning_rate": 1e-3},
}
MEASURED = ("validation_ndcg@10", "validation_rmse")
Found = dict[str, dict[int, dict[str, float]]]
"""Figures of each variant with each seed."""


def main() -> None:
    """Trains what is missing, prints the table and writes the result."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.ranking_ablation", description=__doc__
    )
    parser.add_argument("--data", type=Path, default=Path("data"), help="of fetched datasets")
    parser.add_argument("--runs", type=Path, default=Path("runs/ranking-ablation"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--variants", nargs="+", choices=[*VARIANTS], default=[*VARIANTS])
    arguments = parser.parse_args()
    config = Config()
    source = fetch_dataset("ml-100k", arguments.data)
    stages = Stages(arguments.runs, config)
    prepared = stages.prepare(source, [])
    stages.train_retrieval()
    found: Found = {variant: {} for variant in arguments.variants}
    for seed in arguments.seeds:
        for variant in arguments.variants:
            ranking = replace(config.ranking, seed=seed, **VARIANTS[variant])
            trained = Stages(arguments.runs, replace(config, ranking=ranking)).train_ranking()
            found[variant][seed] = {name: trained.figures[name] for name in MEASURED}
            found[variant][seed]["parameters"] = trained.figures["parameters"]
            print(f"seed {seed}, {variant}: {found[variant][seed]}", flush=True)
    figures = summary(found)
    for figure, value in figures.items():
        print(f"{figure}: {value}")
    settings = {
        "base": asdict(config.ranking),
        "variants": {name: VARIANTS[name] for name in arguments.variants},
        "seeds": arguments.seeds,
    }
    data = described(source, prepared)
    print(write_result("ranking-ablation", data, arguments.seeds[0], settings, figures, {}))


def summary(found: Found) -> dict[str, float]:
    """Of each variant the means, the differences to the base by seed, and every seed."""
    figures: dict[str, float] = {}
    for variant, of_seed in found.items():
        figures[f"{variant}_parameters"] = next(iter(of_seed.values()))["parameters"]
        for name in MEASURED:
            figures[f"{variant}_{name}"] = round(mean(one[name] for one in of_seed.values()), 4)
            base = found.get(BASE, {})
            gains = [one[name] - base[seed][name] for seed, one in of_seed.items() if seed in base]
            if variant != BASE and gains:
                figures[f"{variant}_{name}_minus_{BASE}"] = round(mean(gains), 4)
            if variant != BASE and len(gains) > 1:
                figures[f"{variant}_{name}_minus_{BASE}_deviation"] = round(stdev(gains), 4)
            for seed, one in of_seed.items():
                figures[f"{variant}_seed_{seed}_{name}"] = round(one[name], 5)
    return figures


if __name__ == "__main__":
    main()
