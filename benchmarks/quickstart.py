"""`python -m benchmarks.quickstart`: a finished quickstart as docs/results/quickstart.json."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from benchmarks.results import write_result
from schemas.artifacts import open_artifact

PEERS = ("popularity", "recent_popularity", "markov", "ease", "ease_half_life")
STAGES = ("prepared", "retrieval", "index", "ranking", "evaluation")


def main() -> None:
    """Reads the run's report and manifests and writes the result."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quickstart", description=__doc__)
    parser.add_argument("--run", type=Path, default=Path("runs/quickstart"))
    parser.add_argument("--data", type=Path, default=Path("data"))
    arguments = parser.parse_args()
    report = json.loads((arguments.run / "report.json").read_text())
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
            if stage != "this_run"  # the report is of the last run, which may have built nothing
        },
        "index_recall": report["index"]["recall"],
    }
    source = open_artifact(arguments.data / report["dataset"]).manifest["files"]
    data = {"name": report["dataset"], "rows": report["rows"]["accepted"], "sha256": source}
    config = {stage: artifact.manifest["config"] for stage, artifact in stages.items()}
    seed = config["retrieval"]["seed"]
    peers = {peer: metrics[peer] for peer in PEERS}
    print(write_result("quickstart", data, seed, config, figures, peers))


if __name__ == "__main__":
    main()
