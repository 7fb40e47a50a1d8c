"""`python -m benchmarks.quickstart`: the quickstart from nothing and again, and what it reached."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.results import write_result
from schemas.artifacts import open_artifact
from schemas.machine import KIB

PEERS = ("popularity", "recent_popularity", "markov", "ease", "ease_half_life")
GIB, GB = 1 << 30, 10**9
STAGES = ("prepared", "retrieval", "index", "ranking", "evaluation")


def main() -> None:
    """Runs it twice, reads the first run's report and manifests and writes the result."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quickstart", description=__doc__)
    parser.add_argument("--run", type=Path, default=Path("runs/quickstart"))
    parser.add_argument("--data", type=Path, default=Path("data"))
    arguments = parser.parse_args()
    if arguments.run.exists():
        parser.error(f"--run: expected a directory that does not exist yet, got {arguments.run}")
    places = ["--run", str(arguments.run), "--data", str(arguments.data)]
    command = [sys.executable, "-m", "matinee", "quickstart", *places]
    first_s, peak_gib = timed(command)
    report = json.loads((arguments.run / "report.json").read_text())
    again_s, _ = timed(command)
    stages = {stage: open_artifact(arguments.run / stage) for stage in STAGES}
    metrics = report["metrics"]
    figures = {
        **{
            f"{name}_{k}": v
            for name in ("two_stage", "retrieval")
            for k, v in metrics[name].items()
        },
        **{f"rating_{k}_stars": v for k, v in metrics["rating"].items()},
        **{
            f"pair_{k}" if k.startswith("pairs") else f"pair_{k}_stars": v
            for k, v in metrics["pair"].items()
        },
        **{
            f"build_{stage}_s": seconds
            for stage, seconds in report["seconds"].items()
            if stage != "this_run"
        },
        "index_recall": report["index"]["recall"],
        "first_s": first_s,
        "again_s": again_s,
        "peak_memory_gib": peak_gib,
        "installed_gb": installed_gb(),
    }
    source = open_artifact(arguments.data / report["dataset"]).manifest["files"]
    data = {"name": report["dataset"], "rows": report["rows"]["accepted"], "sha256": source}
    config = {stage: artifact.manifest["config"] for stage, artifact in stages.items()}
    seed = config["retrieval"]["seed"]
    peers = {peer: metrics[peer] for peer in PEERS}
    print(write_result("quickstart", data, seed, config, figures, peers))


def timed(command: list[str]) -> tuple[float, float]:
    """Seconds of a command, and GiB of its largest process at its peak.

    Raises:
        RuntimeError: It failed; what it said is on the terminal.
    """
    started = time.perf_counter()
    process = subprocess.Popen(command)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    return round(time.perf_counter() - started, 1), round(used.ru_maxrss * KIB / GIB, 2)


def installed_gb() -> float:
    """Size of the virtual environment's files."""
    files = (path for path in Path(sys.prefix).rglob("*") if path.is_file())
    return round(sum(path.stat().st_size for path in files) / GB, 1)


if __name__ == "__main__":
    main()
