"""`python -m benchmarks.explain RUN`: what explanations cost.

Times the ranker's calls as the server makes them, for viewers with full histories: ranking all
candidates, and explaining the items shown by each viewer's newest events. Both in turns, so that
what else the machine does falls on both.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.as_a_worker import become_a_worker
from benchmarks.results import described_run, write_result
from schemas import columns
from schemas.artifacts import Artifact, open_artifact
from schemas.prepared import load_card
from serving.backend import Ranker
from serving.catalogue import Catalogue
from serving.profiles import Profile, unknown_features

SHOWN, CANDIDATES = 10, 200
VIEWERS = (1, 2, 4)
ROUNDS = 3
SEED = 1
KIB = 1024


def main() -> None:
    """Measures, prints and writes the result."""
    become_a_worker()
    parser = argparse.ArgumentParser(prog="python -m benchmarks.explain", description=__doc__)
    parser.add_argument("run", type=Path, help="a finished run, such as runs/quickstart")
    parser.add_argument("--calls", type=int, default=100, help="of each kind in a round")
    arguments = parser.parse_args()
    prepared, ranking = (open_artifact(arguments.run / name) for name in ("prepared", "ranking"))

    figures: dict[str, float] = {}
    for viewers in VIEWERS:
        calls = ranker_calls(prepared, ranking, viewers)
        for number in range(1, ROUNDS + 1):
            for name, milliseconds in timed(calls, arguments.calls).items():
                for share in (50, 99):
                    figure = f"{name}_{viewers}_viewers_round_{number}_p{share}_ms"
                    figures[figure] = round(float(np.percentile(milliseconds, share)), 2)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB
        figures[f"{viewers}_viewers_peak_mib"] = round(peak)
    for name, value in figures.items():
        print(f"{name:50} {value:g}")
    lengths, widths = ("history_len", "attention_len"), ("embedding_dim", "hidden")
    settings = (*lengths, *widths, "blocks", "heads", "neighbours")
    write_result(
        "explain",
        data=described_run(prepared),
        seed=SEED,
        config={"shown": SHOWN, "candidates": CANDIDATES, "calls": arguments.calls}
        | {"events": columns.EXPLAINED_EVENTS}
        | {name: ranking.manifest["config"][name] for name in settings},
        figures=figures,
        peers={},
    )


def ranker_calls(
    prepared: Artifact, ranking: Artifact, viewers: int
) -> dict[str, Callable[[], object]]:
    """Ranking and explaining for some viewers, whose histories are as long as the model reads."""
    card, random = load_card(prepared), np.random.default_rng(SEED)
    catalogue = Catalogue(prepared.path / "catalogue.parquet", card)
    ranker, events = Ranker(ranking, card, catalogue), ranking.manifest["config"]["history_len"]
    low, high = card.rating_range
    profiles = [
        Profile(
            rows=random.integers(len(catalogue), size=events),
            ratings=random.uniform(low, high, events).astype(np.float32),
            timestamps=874_000_000 + np.cumsum(random.integers(1, 90_000, events)),
            features=unknown_features(card),
        )
        for _ in range(viewers)
    ]
    rows = random.integers(len(catalogue), size=CANDIDATES)
    scores = random.normal(size=(CANDIDATES, viewers)).astype(np.float32)
    return {
        "rank": lambda: ranker.rank(profiles, rows, scores),
        "explain": lambda: ranker.explain(profiles, rows[:SHOWN], scores[:SHOWN]),
    }


def timed(calls: dict[str, Callable[[], object]], count: int) -> dict[str, list[float]]:
    """Milliseconds of every call, by kind; the first, which TensorFlow prepares, left out."""
    milliseconds: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(count + 1):
        for name, call in calls.items():
            started = time.perf_counter()
            call()
            if number:
                milliseconds[name].append((time.perf_counter() - started) * 1e3)
    return milliseconds


if __name__ == "__main__":
    main()
