"""`python -m benchmarks.compare`: every model side by side on ml-100k.

`matinee compare` with the default settings of every stage; by global time all events of the newest
fifth are asked for. Beside the result, the tables and the page lie in the directory of the fits.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.protocols import GLOBAL_TIME
from benchmarks.results import described, write_result
from commands.compare.choose import ALL, TWO_STAGE
from commands.compare.flow import Comparison, write_reports
from commands.stages import fetch_dataset
from evaluation.leaderboard.board import TESTED
from schemas.artifacts import open_artifact
from schemas.config import Config

CONFIGS = {
    "leave_one_out": Config(),
    "global_time": Config(prepare=GLOBAL_TIME),
    "user_based": Config(prepare=replace(GLOBAL_TIME, split="user_based")),
    "temporal_user": Config(prepare=replace(GLOBAL_TIME, split="temporal_user")),
    "random": Config(),
}
COSTS = ("fit_s", "peak_mib", "lists_s", "rating_fit_s", "rating_peak_mib")
DIGITS = 5


def main() -> None:
    """Fits what is not fitted yet, and writes the result and the reports."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare", description=__doc__)
    parser.add_argument("--dataset", default="ml-100k")
    parser.add_argument("--data", type=Path, default=Path("data"), help="of fetched datasets")
    parser.add_argument("--runs", type=Path, default=Path("runs/compare"))
    parser.add_argument("--protocol", choices=[*CONFIGS], default="leave_one_out")
    parser.add_argument("--models", nargs="+", default=[ALL], help="without a result, for some")
    arguments = parser.parse_args()
    protocol = arguments.protocol.replace("_", "-")
    source = fetch_dataset(arguments.dataset, arguments.data)
    out = arguments.runs / f"{arguments.dataset}-{protocol}"
    config = CONFIGS[arguments.protocol]
    found = Comparison(out, config, arguments.protocol).run(source, arguments.models)
    for path in write_reports(found, out):
        print(path)
    if arguments.models != [ALL]:
        return  # the result is of all models
    data = described(source, open_artifact(out / "run" / "prepared"))
    settings = {
        "protocol": arguments.protocol,
        "split": found["split"],
        "left_out": found["left_out"],
    } | {stage: found["config"][stage] for stage in ("prepare", "retrieval", "ranking", "evaluate")}
    figures = {name: flat(model) for name, model in found["models"].items()}
    counts = {name: found["protocol"][name] for name in ("targets", "lists", "users")}
    ours = counts | figures.pop(TWO_STAGE, {})
    name = f"compare-{arguments.dataset}-{protocol}"
    print(write_result(name, data, config.evaluate.seed, settings, ours, figures))


def flat(model: Mapping[str, Any]) -> dict[str, float]:
    """A model of `compare.json` as flat names and numbers."""
    figures = {name: model[name] for name in COSTS if name in model}
    figures |= {name: round(value, DIGITS) for name, value in model.get("figures", {}).items()}
    for name in TESTED:
        if "intervals" in model:
            low, high = model["intervals"][name]
            figures |= {f"{name}_low": round(low, DIGITS), f"{name}_high": round(high, DIGITS)}
        if "against" in model:
            test = model["against"][name]
            low, high = test["interval"]
            figures |= {
                f"{TWO_STAGE}_minus_this_{name}": round(test["difference"], DIGITS),
                f"{TWO_STAGE}_minus_this_{name}_low": round(low, DIGITS),
                f"{TWO_STAGE}_minus_this_{name}_high": round(high, DIGITS),
                f"{name}_p": round(test["p"], DIGITS),
                f"{name}_p_holm": round(test["p_holm"], DIGITS),
            }
    rating = model.get("rating", {})
    figures |= {f"rating_{n}": round(rating[n], DIGITS) for n in ("rmse", "mae") if n in rating}
    of_rating = rating.get("against", {})
    tested = ("mse_difference", "p", "p_holm")
    return figures | {f"rating_{n}": round(of_rating[n], DIGITS) for n in tested if n in of_rating}


if __name__ == "__main__":
    main()
