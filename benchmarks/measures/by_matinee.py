"""`python -m benchmarks.measures.by_matinee`: our figures of random lists beside RecTools'.

Prints the largest difference of each; more than 1e-9 is an error.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.training.environments import ENVIRONMENTS, python_of
from evaluation.metrics.accuracy import DEFINITIONS, Targets, ranks_in_lists
from evaluation.metrics.lists import average_popularity, coverage, novelty
from evaluation.metrics.serendipity import serendipity

USERS, ITEMS, K = 200, 300, 10
TOLERANCE = 1e-9
SHARED = ("hr", "recall", "precision", "mrr", "map")


def main() -> None:
    """Draws lists, asks both and compares."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.measures.by_matinee", description=__doc__
    )
    parser.add_argument("--environments", type=Path, default=ENVIRONMENTS)
    arguments = parser.parse_args()
    data = drawn(seed=1)
    ours = figures(data)
    script = Path(__file__).with_name("by_rectools.py")
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "lists.npz"
        np.savez(file, allow_pickle=False, **data)
        command = [python_of("rectools", arguments.environments), script, file]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    theirs = json.loads(said.splitlines()[-1])
    worst = {name: float(np.abs(ours[name] - theirs[name]).max()) for name in theirs}
    print(json.dumps(worst))
    if max(worst.values()) > TOLERANCE:
        raise ArithmeticError(f"figures: expected differences of at most {TOLERANCE}, got {worst}")


def drawn(seed: int) -> dict[str, Any]:
    """What the peer's script reads; a tenth of the items is nobody's."""
    rng = np.random.default_rng(seed)
    asked = [rng.choice(ITEMS, count, replace=False) for count in rng.integers(1, 15, USERS)]
    owned = ITEMS * 9 // 10
    seen = [rng.choice(owned, count, replace=False) for count in rng.integers(1, 40, USERS)]
    return {
        "lists": np.stack([rng.permutation(ITEMS)[:K] for _ in range(USERS)]),
        "user": np.repeat(np.arange(USERS), [len(items) for items in asked]),
        "item": np.concatenate(asked),
        "seen_user": np.repeat(np.arange(USERS), [len(items) for items in seen]),
        "seen_item": np.concatenate(seen),
        "items": np.array(ITEMS),
    }


def figures(data: dict[str, Any]) -> dict[str, np.ndarray]:
    """The same figures by our definitions: for each list, or one for all."""
    lists, item = data["lists"], data["item"]
    item_users = np.bincount(data["seen_item"], minlength=ITEMS)
    targets = Targets(data["user"], ranks_in_lists(lists, data["user"], item))
    return {name: DEFINITIONS[name](targets, K) for name in SHARED} | {
        "serendipity": serendipity(targets, item, item_users, K),
        "novelty": np.array([novelty(lists, item_users, USERS)]),
        "average_popularity": np.array([average_popularity(lists, item_users)]),
        "coverage": np.array([coverage(lists, ITEMS)]),
    }


if __name__ == "__main__":
    main()
