"""`python -m benchmarks.prepare`: what preparation costs, beside pandas and polars.

Compared is reading to grouped, sorted histories (`benchmarks/grouping/`): the three take turns on
the same generated files, each in a process of its own, and have to write the same. Of the whole
stage, the share of the TF-Transform job is told apart. Asks for a quiet machine, about 8 GiB of
memory, and half an hour.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.grouping.content import content
from benchmarks.measured import CORES, measure
from benchmarks.rating_log import write_release
from benchmarks.results import write_result
from schemas.artifacts import sha256
from schemas.config import PrepareConfig

OURS, PEERS = "matinee", ("pandas", "polars")
MILLION = 1_000_000
SEED = 1
LEAST_SPEED_OF, SPEED_AT = "pandas", "5m"
MOST_MEMORY_OF, MEMORY_AT, MOST_MEMORY = "polars", "25m", 2.0
"""The demands: no slower than the one, at most so many times the memory of the other."""

Figures = dict[str, float]


def main() -> None:
    """Measures, prints and writes the result; fails if a demand is not met."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.prepare", description=__doc__)
    parser.add_argument(
        "--millions", type=float, nargs="+", default=[1, 5, 25], help="ratings of each log"
    )
    parser.add_argument(
        "--whole", type=float, nargs="*", default=[1, 5], help="of these, the whole stage too"
    )
    parser.add_argument("--runs", type=int, default=3, help="of each; medians are told")
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    data: dict[str, Any] = {"name": "generated", "rows": {}, "sha256": {}}
    figures: dict[str, Figures] = {name: {} for name in (OURS, *PEERS)}
    with tempfile.TemporaryDirectory() as directory:
        for millions in arguments.millions:
            size, release = f"{millions:g}m", Path(directory) / f"{millions:g}m"
            release.mkdir()
            rows = write_release(release, int(millions * MILLION), SEED)
            data["rows"][size] = rows
            data["sha256"] |= {f"{size}/{p.name}": sha256(p) for p in sorted(release.iterdir())}
            for name, found in compare(release, rows, arguments.runs).items():
                figures[name] |= {f"{size}_{figure}": value for figure, value in found.items()}
            if millions in arguments.whole:
                whole = prepare_shares(release, rows, arguments.runs)
                figures[OURS] |= {f"{size}_prepare_{name}": v for name, v in whole.items()}
    ratios = compared(figures) | growth(figures[OURS], list(data["rows"]))
    for name, value in (figures[OURS] | ratios).items():
        print(f"{name}: {value}")
    config = {
        "prepare": asdict(PrepareConfig()),
        "runs": arguments.runs,
        "cores": CORES,
        "load_1min": round(load, 2),
    }
    peers = {name: figures[name] for name in PEERS}
    print(write_result("prepare", data, SEED, config, figures[OURS] | ratios, peers))
    demand(ratios)


def compare(release: Path, rows: int, runs: int) -> dict[str, Figures]:
    """Medians of each way to group one log.

    Raises:
        RuntimeError: They did not write the same.
    """
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in (OURS, *PEERS)}
    for turn in range(runs):
        with tempfile.TemporaryDirectory(dir=release.parent) as directory:
            for name, measured in found.items():
                out = Path(directory) / name
                out.mkdir()
                measured.append(measure(f"benchmarks.grouping.by_{name}:group", release, out))
                print(f"{release.name} {name}: {measured[-1]}", flush=True)
            if not turn:
                expect_same(Path(directory))
    return {name: medians(measured, rows) for name, measured in found.items()}


def expect_same(directory: Path) -> None:
    """Checks that all wrote the same histories.

    Raises:
        RuntimeError: They did not.
    """
    ours = content(directory / OURS)
    for name in PEERS:
        theirs = content(directory / name)
        if not ours.equals(theirs):
            raise RuntimeError(
                f"expected the same histories of {OURS} and {name}, got {len(ours)} users with "
                f"{len(ours['history_item_id'].combine_chunks().values)} ratings and {len(theirs)} "
                f"with {len(theirs['history_item_id'].combine_chunks().values)}"
            )


def medians(measured: Sequence[dict[str, Any]], rows: int) -> Figures:
    """Figures of one way."""
    middle = {
        name: median(one[name] for one in measured)
        for name in ("s", "cpu_s", "imports_bytes", "peak_bytes")
    }
    return {
        "s": round(middle["s"], 2),
        "cpu_s": round(middle["cpu_s"], 2),
        "ratings_per_s": round(rows / middle["s"]),
        "imports_mb": round(middle["imports_bytes"] / MILLION, 1),
        "peak_bytes_per_rating": round(middle["peak_bytes"] / rows, 1),
    }


def prepare_shares(release: Path, rows: int, runs: int) -> Figures:
    """Medians of the whole stage and of its steps, and the share of the TF-Transform job."""
    measured = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory(dir=release.parent) as out:
            measured.append(measure("benchmarks.whole_prepare:prepared", release, Path(out)))
            print(f"{release.name} prepare: {measured[-1]}", flush=True)
    steps = {
        name: median(one["result"][name] for one in measured) for name in measured[0]["result"]
    }
    peak = median(one["peak_bytes"] for one in measured)
    return {
        "s": round(sum(steps.values()), 2),
        **{f"{name}_s": round(seconds, 2) for name, seconds in steps.items()},
        "tft_share": round(steps["tft"] / sum(steps.values()), 3),
        "peak_bytes_per_rating": round(peak / rows, 1),
    }


def compared(figures: dict[str, Figures]) -> Figures:
    """Seconds and memory of ours as multiples of each peer's."""
    return {
        f"{figure}_over_{peer}": round(figures[OURS][figure] / figures[peer][figure], 2)
        for figure in figures[OURS]
        for peer in PEERS
        if figure in figures[peer] and figure.endswith(("m_s", "m_cpu_s", "bytes_per_rating"))
    }


def growth(ours: Figures, sizes: Sequence[str]) -> Figures:
    """Cost of one rating in each log, as a multiple of the cost in the first."""
    return {
        f"{figure}_per_rating_{size}_over_{sizes[0]}": round(cost(size) / cost(sizes[0]), 2)
        for figure, cost in (
            ("s", lambda size: 1 / ours[f"{size}_ratings_per_s"]),
            ("peak", lambda size: ours[f"{size}_peak_bytes_per_rating"]),
        )
        for size in sizes[1:]
    }


def demand(ratios: Figures) -> None:
    """Ends the process with an error if a demand that was measured is not met."""
    for figure, most in (
        (f"{SPEED_AT}_s_over_{LEAST_SPEED_OF}", 1.0),
        (f"{MEMORY_AT}_peak_bytes_per_rating_over_{MOST_MEMORY_OF}", MOST_MEMORY),
    ):
        if ratios.get(figure, 0) > most:
            raise SystemExit(f"{figure}: expected at most {most}, got {ratios[figure]}")


if __name__ == "__main__":
    main()
