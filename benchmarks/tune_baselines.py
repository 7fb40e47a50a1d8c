"""`python -m benchmarks.tune_baselines`: settings of the baselines, chosen on validation.

On ml-100k by leave-one-out, each setting is fitted on all but the newest two events of each user
and asked for the second newest. The test events are not read. The best settings are the defaults in
`evaluation/baselines/`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

from benchmarks.results import described, write_result
from commands.stages import Stages, fetch_dataset
from evaluation.baselines.als import Als
from evaluation.baselines.bpr import Bpr
from evaluation.baselines.ease import Ease
from evaluation.baselines.item_knn import ItemKnn
from evaluation.baselines.lightfm_hybrid import LightFmHybrid
from evaluation.baselines.user_knn import UserKnn
from evaluation.item_features import read_item_features
from evaluation.judge import rank_targets
from evaluation.metrics.accuracy import ndcg
from evaluation.ranking_protocol import Scorer, rank_catalogue
from evaluation.requests import Requests, read_requests
from schemas.config import Config, EvaluateConfig

DATASET = "ml-100k"
SEED, CUT_OFF = 1, 10
NEIGHBOURS = {"neighbours": (20, 50, 100, 200), "shrinkage": (0.0, 10.0, 50.0, 200.0)}
EASE = {"regularisation": (50.0, 100.0, 200.0, 400.0, 800.0)}
HALF_LIVES = (3.0, 5.0, 10.0, 20.0, 40.0)
ALS = {
    "factors": (32, 64, 128),
    "confidence": (2.0, 5.0, 10.0),
    "regularisation": (1.0, 10.0, 30.0),
}
BPR = {"factors": (32, 64, 128), "regularisation": (0.003, 0.01, 0.03), "epochs": (50, 100, 200)}
LIGHTFM = {"factors": (32, 64, 128), "epochs": (10, 30, 60)}

Setting = dict[str, float]
Grid = Mapping[str, tuple[float, ...]]


def main() -> None:
    """Fits every setting, prints the figures and writes the result."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.tune_baselines", description=__doc__
    )
    parser.add_argument("--data", type=Path, default=Path("data"), help="of fetched datasets")
    parser.add_argument("--run", type=Path, default=Path("runs/tune-baselines"))
    arguments = parser.parse_args()
    source = fetch_dataset(DATASET, arguments.data)
    prepared = Stages(arguments.run, Config()).prepare(source, [])
    requests = read_requests(prepared.path, "validation")
    features = read_item_features(prepared.path, ())
    chosen: dict[str, Setting] = {}
    tried: dict[str, dict[str, float]] = {}
    for name, fits in {
        "user_knn": each(partial(UserKnn.fit, requests), NEIGHBOURS),
        "item_knn": each(partial(ItemKnn.fit, requests), NEIGHBOURS),
        "ease": each(partial(Ease.fit, requests), EASE),
        "ease_half_life": half_lives(Ease.fit(requests)),
        "als": each(partial(Als.fit, requests, SEED), ALS),
        "bpr": each(partial(Bpr.fit, requests, SEED), BPR),
        "lightfm": each(partial(LightFmHybrid.fit, requests, features, SEED), LIGHTFM),
    }.items():
        chosen[name], tried[name] = best(name, fits, requests)
    figures = {f"{name}_ndcg@{CUT_OFF}": max(tried[name].values()) for name in chosen}
    config = {"split": "validation of leave_one_out", "chosen": chosen}
    print(write_result("tune-baselines", described(source, prepared), SEED, config, figures, tried))


def each(fit: Callable[..., Scorer], grid: Grid) -> Iterator[tuple[Setting, Scorer]]:
    """Every setting of a grid, fitted."""
    for values in product(*grid.values()):
        setting = dict(zip(grid, values, strict=True))
        yield setting, fit(**setting)


def half_lives(ease: Ease) -> Iterator[tuple[Setting, Scorer]]:
    """EASE with each half-life, which only scoring knows."""
    for half_life in HALF_LIVES:
        yield {"half_life": half_life}, replace(ease, half_life=half_life)


def best(
    name: str, fits: Iterable[tuple[Setting, Scorer]], requests: Requests
) -> tuple[Setting, dict[str, float]]:
    """The setting with the best NDCG, and that of every setting."""
    settings: dict[str, Setting] = {}
    figures: dict[str, float] = {}
    for setting, scorer in fits:
        title = ", ".join(f"{key} {value:g}" for key, value in setting.items())
        settings[title] = setting
        figures[title] = round(measured(scorer, requests), 5)
        print(f"{name}: {title}: NDCG@{CUT_OFF} {figures[title]}", flush=True)
    return settings[max(figures, key=figures.__getitem__)], figures


def measured(scorer: Scorer, requests: Requests) -> float:
    """NDCG of the lists of a fitted model."""
    lists: dict[str, Any] = {"": rank_catalogue(requests, scorer, EvaluateConfig().batch_size)}
    return float(ndcg(rank_targets(lists, requests)[""], CUT_OFF).mean())


if __name__ == "__main__":
    main()
