"""`python -m benchmarks.protocols`: retrieval alone and the baselines, by global time and by user.

Every case is prepared, trained with the default settings and measured on all events that the split
holds out; one docs/results/retrieval-<case>.json each.
"""

from __future__ import annotations

import argparse
import dataclasses
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.leave_one_out import train_s
from benchmarks.results import described, write_result
from benchmarks.retrieval_metrics import flat, gains, line, measure_retrieval, ranking_models
from commands.stages import Stages, fetch_dataset
from schemas.config import Config, PrepareConfig

EVERY = 1_000_000
"""More requests than any user has: all held-out events are asked for."""
HELD_OUT = 0.2


@dataclass(frozen=True)
class Case:
    """A dataset and how its events are divided."""

    dataset: str
    prepare: PrepareConfig


GLOBAL_TIME = PrepareConfig(
    split="global_time", test_share=HELD_OUT, validation_share=0.1, requests_per_user=EVERY
)
CASES = {
    "global-time-ml-latest-small": Case("ml-latest-small", GLOBAL_TIME),
    "global-time-ml-100k": Case("ml-100k", GLOBAL_TIME),
    "user-based-ml-100k": Case("ml-100k", dataclasses.replace(GLOBAL_TIME, split="user_based")),
}


def main() -> None:
    """Runs the cases asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.protocols", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("data"), help="of fetched datasets")
    parser.add_argument("--runs", type=Path, default=Path("runs/protocols"))
    parser.add_argument(
        "--case", choices=[*CASES], action="append", help="again for several; without: all"
    )
    arguments = parser.parse_args()
    for name in arguments.case or CASES:
        run(name, CASES[name], arguments.data, arguments.runs / name)


def run(name: str, case: Case, fetched: Path, directory: Path) -> None:
    """Prepares, trains, measures and writes one case."""
    stages = Stages(directory, Config(prepare=case.prepare))
    source = fetch_dataset(case.dataset, fetched)
    prepared, retrieval = stages.prepare(source, []), stages.train_retrieval()
    metrics = measure_retrieval(prepared, {"retrieval": retrieval}, stages.config.evaluate)
    for model in ranking_models(metrics):
        print(f"{name}: {line(metrics, model)}")
    figures = {model: flat(metrics, model) for model in ranking_models(metrics)}
    rows = prepared.figures["rows"]
    counts = {count: metrics["protocol"][count] for count in ("targets", "lists", "users")}
    cold = metrics["segments"]["item_popularity"].get("cold", {"targets": 0})["targets"]
    of_retrieval = (
        counts
        | {"cold_targets": cold, "fitted_users": rows["fit"]}
        | {"train_s": train_s(retrieval)}
        | figures.pop("retrieval")
        | gains(metrics)
    )
    config = {"prepare": asdict(case.prepare), "split": prepared.figures["split"]} | {
        stage: asdict(getattr(stages.config, stage)) for stage in ("retrieval", "evaluate")
    }
    data = described(source, prepared)
    seed = stages.config.retrieval.seed
    print(write_result(f"retrieval-{name}", data, seed, config, of_retrieval, figures))


if __name__ == "__main__":
    main()
