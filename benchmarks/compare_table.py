"""`python -m benchmarks.compare_table`: the README's table, of the results of `compare`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from benchmarks.results import RESULTS
from commands.compare.choose import OURS, TWO_STAGE
from evaluation.baselines.registry import BASELINES

LEAVE_ONE_OUT = RESULTS / "compare-ml-100k-leave-one-out.json"
GLOBAL_TIME = RESULTS / "compare-ml-100k-global-time.json"
SHOWN = ("hr@10", "ndcg@10")
HEAD = (
    "| model | HR@10 | NDCG@10 | by time: HR@10 | NDCG@10 | fitted in s | MiB |",
    "|---|---|---|---|---|---|---|",
)

Models = Mapping[str, Mapping[str, float]]
"""Figures of each model of a result."""


def main() -> None:
    """Prints it."""
    results = [json.loads(path.read_text()) for path in (LEAVE_ONE_OUT, GLOBAL_TIME)]
    print(table(*map(models, results)))


def models(result: Mapping[str, Any]) -> Models:
    """Those that rank."""
    every = dict(result["peers"]) | {TWO_STAGE: result["figures"]}
    return {name: figures for name, figures in every.items() if SHOWN[0] in figures}


def table(leave_one_out: Models, global_time: Models) -> str:
    """A row for each model, the best by leave-one-out first; time and memory are of those fits."""
    best = sorted(leave_one_out, key=lambda name: -leave_one_out[name]["ndcg@10"])
    return "\n".join([*HEAD, *(_row(name, leave_one_out, global_time) for name in best)])


def _row(name: str, leave_one_out: Models, global_time: Models) -> str:
    title = (OURS.get(name) or BASELINES[name]).title
    cells = [f"**{title}**" if name in OURS else title]
    for found in (leave_one_out, global_time):
        cells += [_share(found.get(name, {}).get(figure)) for figure in SHOWN]
    cost = leave_one_out[name]
    cells.append(f"{cost['fit_s']:.1f}" if cost["fit_s"] < 10 else f"{cost['fit_s']:.0f}")
    cells.append(f"{cost['peak_mib']:.0f}" if "peak_mib" in cost else "")
    return f"| {' | '.join(cells)} |"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}".removeprefix("0")


if __name__ == "__main__":
    main()
