"""The form of docs/results/<name>.json."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from schemas.artifacts import ROOT, Artifact, package_versions, write_json
from schemas.machine import machine
from schemas.prepared import load_card

RESULTS = ROOT / "docs" / "results"


def write_result(
    name: str,
    data: Mapping[str, Any],
    seed: int,
    config: Mapping[str, Any],
    figures: Mapping[str, float],
    peers: Mapping[str, Mapping[str, float]],
) -> Path:
    """Writes `docs/results/<name>.json`.

    Args:
        name: What was measured.
        data: `name`, `rows` and, where it is a file, `sha256`.
        seed: Seed of everything drawn.
        config: Settings of the run.
        figures: Flat names with units to numbers.
        peers: The same figures of each peer, from this run.
    """
    path = RESULTS / f"{name}.json"
    write_json(
        path,
        {
            "command": command(),
            "data": dict(data),
            "seed": seed,
            "config": dict(config),
            "versions": package_versions(),
            "machine": machine(),
            "commit": commit(),
            "figures": dict(figures),
            "peers": {peer: dict(values) for peer, values in peers.items()},
        },
    )
    return path


def described(source: Artifact, prepared: Artifact) -> dict[str, Any]:
    """What a result says of its data.

    Args:
        source: The fetched or adopted files.
        prepared: What was made of them.
    """
    return {
        "name": source.figures["dataset"],
        "rows": prepared.figures["rows"]["accepted"],
        "sha256": source.manifest["files"],
    }


def described_run(prepared: Artifact) -> dict[str, Any]:
    """The same where a finished run is measured: of the source files the digest of digests."""
    return {
        "name": load_card(prepared).name,
        "rows": prepared.figures["rows"]["accepted"],
        "sha256": prepared.manifest["inputs"]["data"]["files"],
    }


def command() -> str:
    """The line that started this process."""
    started = sys.modules["__main__"].__spec__
    if started is None:
        raise RuntimeError("expected `python -m benchmarks.<name>`, got a script run by its path")
    return " ".join([f"python -m {started.name}", *sys.argv[1:]])


def commit() -> str:
    """The checkout's commit, marked where files other than the results differ from it."""
    git = ["git", "-C", str(ROOT)]
    head = [*git, "rev-parse", "HEAD"]
    others = [*git, "status", "--porcelain", "--", ".", ":!docs/results"]
    found, changed = (
        subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        for command in (head, others)
    )
    return f"{found}-dirty" if changed else found
