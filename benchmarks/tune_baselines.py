"""`python -m benchmarks.tune_baselines`: settings of the baselines, chosen on validation.

On ml-100k by leave-one-out and by global time: each setting is fitted on what is before the
validation events and asked for these. Test events of the protocol are not read; those of
leave-one-out that lie before the other's cut are among its validation events. The best by both,
which are the defaults in `evaluation/baselines/`, have the largest mean of the shares of the best
NDCG.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from benchmarks.protocols import GLOBAL_TIME
from benchmarks.results import described, write_result
from commands.stages import Stages, fetch_dataset
from evaluation.baselines.als import Als
from evaluation.baselines.bpr import Bpr
from evaluation.baselines.ease import Ease
from evaluation.baselines.item_knn import ItemKnn
from evaluation.baselines.lightfm_hybrid import LightFmHybrid
from evaluation.baselines.user_knn import UserKnn
from evaluation.histories import RawHistories, read_histories
from evaluation.item_features import read_item_features
from evaluation.judge import rank_targets
from evaluation.metrics.accuracy import ndcg
from evaluation.ranking_protocol import Scorer, rank_catalogue
from evaluation.requests import Requests, read_requests
from schemas.artifacts import Artifact
from schemas.config import Config, EvaluateConfig, PrepareConfig

DATASET = "ml-100k"
PROTOCOLS = {"leave_one_out": PrepareConfig(), "global_time": GLOBAL_TIME}
SEED, CUT_OFF = 1, 10

Grid = dict[str, tuple[float, ...]]
NEIGHBOURS: Grid = {"neighbours": (20, 50, 100, 200), "shrinkage": (0.0, 10.0, 50.0, 200.0)}
EASE: Grid = {"regularisation": (50.0, 100.0, 200.0, 400.0, 800.0, 1600.0)}
ALS: Grid = {
    "factors": (32, 64, 128),
    "confidence": (2.0, 5.0),
    "regularisation": (1.0, 10.0, 30.0),
}
BPR: Grid = {"factors": (32, 64), "regularisation": (0.003, 0.01, 0.03), "epochs": (50, 100, 200)}
LIGHTFM: Grid = {"factors": (32, 64, 128), "epochs": (10, 30, 60)}
GRIDS: dict[str, Grid] = {
    "user_knn": NEIGHBOURS,
    "item_knn": NEIGHBOURS,
    "ease": EASE,
    "ease_half_life": EASE | {"half_life": (3.0, 5.0, 10.0, 20.0, 40.0)},
    "als": ALS,
    "bpr": BPR,
    "lightfm": LIGHTFM,
}

Setting = dict[str, Any]


class Validation(NamedTuple):
    """A split to choose by.

    Attributes:
        fitted: What is before the requests.
        requests: What is asked.
        features: Of the items.
    """

    fitted: RawHistories
    requests: Requests
    features: sparse.csr_array | None


FITS: dict[str, Callable[[Validation, Setting], Scorer]] = {
    "user_knn": lambda split, setting: UserKnn.fit(split.fitted, **setting),
    "item_knn": lambda split, setting: ItemKnn.fit(split.fitted, **setting),
    "ease": lambda split, setting: Ease.fit(split.fitted, **setting),
    "ease_half_life": lambda split, setting: Ease.fit(split.fitted, **setting),
    "als": lambda split, setting: Als.fit(split.fitted, SEED, **setting),
    "bpr": lambda split, setting: Bpr.fit(split.fitted, SEED, **setting),
    "lightfm": lambda split, setting: LightFmHybrid.fit(
        split.fitted, split.features, SEED, **setting
    ),
}


def main() -> None:
    """Fits every setting, prints the figures and writes the result."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.tune_baselines", description=__doc__
    )
    parser.add_argument("--data", type=Path, default=Path("data"), help="of fetched datasets")
    parser.add_argument("--runs", type=Path, default=Path("runs/tune-baselines"))
    arguments = parser.parse_args()
    source = fetch_dataset(DATASET, arguments.data)
    validations = {}
    for protocol, prepare in PROTOCOLS.items():
        stages = Stages(arguments.runs / protocol, Config(prepare=prepare))
        prepared = stages.prepare(source, [])
        validations[protocol] = validation(prepared)
    chosen: dict[str, Setting] = {}
    tried: dict[str, dict[str, float]] = {}
    for name, grid in GRIDS.items():
        every = [*settings(grid)]
        found = {
            protocol: figures(name, protocol, split, every)
            for protocol, split in validations.items()
        }
        chosen[name] = every[best([*found.values()])]
        tried[name] = {
            f"{protocol} {title(setting)}": value
            for protocol, values in found.items()
            for setting, value in zip(every, values, strict=True)
        }
    ours = {
        f"{name}_{protocol}_ndcg@{CUT_OFF}": tried[name][f"{protocol} {title(setting)}"]
        for name, setting in chosen.items()
        for protocol in PROTOCOLS
    }
    config = {"protocols": [*PROTOCOLS], "chosen": chosen}
    print(write_result("tune-baselines", described(source, prepared), SEED, config, ours, tried))


def validation(prepared: Artifact) -> Validation:
    """The validation requests and what may be fitted for them."""
    requests = read_requests(prepared.path, "validation")
    split = prepared.figures["split"]
    if split["kind"] == "leave_one_out":
        fitted: RawHistories = requests  # one of each user, with all that is before it
    else:
        fitted = before(read_histories(prepared.path, "fit"), split["train"][1])
    return Validation(fitted, requests, read_item_features(prepared.path, ()))


def before(histories: RawHistories, time: int) -> RawHistories:
    """The events before a time; who has none keeps an empty history."""
    kept = histories.history_timestamp < time
    row = histories.events(histories.rows).row[kept]
    counts = np.bincount(row, minlength=len(histories))
    return replace(
        histories,
        indptr=np.concatenate([[0], np.cumsum(counts)]),
        history_item=histories.history_item[kept],
        history_rating=histories.history_rating[kept],
        history_timestamp=histories.history_timestamp[kept],
    )


def settings(grid: Grid) -> Iterator[Setting]:
    """Every setting of a grid."""
    for values in product(*grid.values()):
        yield dict(zip(grid, values, strict=True))


def title(setting: Setting) -> str:
    """A setting as text."""
    return ", ".join(f"{key} {value:g}" for key, value in setting.items())


def figures(name: str, protocol: str, split: Validation, every: list[Setting]) -> list[float]:
    """NDCG of a model with each setting."""
    found = []
    for setting in every:
        scorer = FITS[name](split, setting)
        found.append(round(measured(scorer, split.requests), 5))
        print(f"{name}, {protocol}, {title(setting)}: NDCG@{CUT_OFF} {found[-1]}", flush=True)
    return found


def measured(scorer: Scorer, requests: Requests) -> float:
    """NDCG of the lists of a fitted model."""
    lists = {"": rank_catalogue(requests, scorer, EvaluateConfig().batch_size)}
    return float(ndcg(rank_targets(lists, requests)[""], CUT_OFF).mean())


def best(by_protocol: list[list[float]]) -> int:
    """Which setting is the best by all, each as a share of its best."""
    values = np.array(by_protocol)
    return int((values / values.max(axis=1, keepdims=True)).mean(axis=0).argmax())


if __name__ == "__main__":
    main()
