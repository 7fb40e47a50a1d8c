"""`python -m pipeline`: the prepare job by itself; every unknown option goes to Beam."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from pipeline.adopt import adopt
from pipeline.prepare import prepare
from schemas.artifacts import Artifact, build, open_artifact
from schemas.config import load_config


def main() -> None:
    """Prepares a data directory and prints the figures."""
    parser = argparse.ArgumentParser(
        prog="python -m pipeline", description=__doc__, allow_abbrev=False
    )
    parser.add_argument("--card", type=Path, help="dataset card (TOML) of anybody's own files")
    parser.add_argument(
        "--data", type=Path, help="data directory: as fetched, or the card's files (default: there)"
    )
    parser.add_argument("--out", type=Path, required=True, help="takes <version>/ and latest")
    parser.add_argument("--config", type=Path, help="TOML file; its [prepare] table is read")
    arguments, beam_args = parser.parse_known_args()
    if not arguments.card and not arguments.data:
        parser.error("expected --data, --card or both")
    try:
        artifact = _prepare(arguments, beam_args)
    except (ValueError, OSError, RuntimeError) as error:
        parser.exit(1, f"matinee: {error}\n")
    print(json.dumps({"path": str(artifact.path), **artifact.figures}, indent=2))


def _prepare(arguments: argparse.Namespace, beam_args: list[str]) -> Artifact:
    data = (
        adopt(arguments.card, arguments.data) if arguments.card else open_artifact(arguments.data)
    )
    config = load_config(arguments.config).prepare
    return build(
        arguments.out,
        "prepared",
        config,
        {"data": data},
        ["pipeline", "schemas"],
        lambda out: prepare(data, config, out, beam_args),
    )


if __name__ == "__main__":
    main()
