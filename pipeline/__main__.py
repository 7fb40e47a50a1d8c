"""`python -m pipeline`: the prepare job by itself; every unknown option goes to Beam."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
from pathlib import Path
from typing import Any

from pipeline.adopt import adopt
from pipeline.prepare import prepare
from pipeline.runner import check_options
from pipeline.validation.choose import schema_input
from pipeline.validation.infer import infer_to
from schemas.artifacts import Artifact, build, open_artifact, verify
from schemas.config import load_config


def main() -> None:
    """Prepares a data directory and prints the figures, or infers its schema."""
    parser = _parser()
    arguments, beam_args = parser.parse_known_args()
    if not arguments.card and not arguments.data:
        parser.error("expected --data, --card or both")
    if not arguments.out and not arguments.infer_schema:
        parser.error("expected --out or --infer-schema")
    try:
        print(json.dumps(_run(arguments, beam_args), indent=2))
    except (ValueError, OSError, RuntimeError) as error:
        parser.exit(1, f"matinee: {error}\n")


def _run(arguments: argparse.Namespace, beam_args: list[str]) -> dict[str, Any]:
    """What is to be printed of what was written."""
    if arguments.card:
        data = adopt(arguments.card, arguments.data)
    else:
        data = open_artifact(arguments.data)
        verify(data)
    if arguments.infer_schema:
        infer_to(data, arguments.infer_schema, arguments.overwrite)
        return {"path": str(arguments.infer_schema)}
    config = load_config(arguments.config).prepare
    if arguments.schema:
        config = dataclasses.replace(config, schema=arguments.schema)
    check_options(beam_args)
    metadata = open_artifact(arguments.metadata) if arguments.metadata else None
    joined: dict[str, Artifact] = {} if metadata is None else {"metadata": metadata}
    artifact = build(
        arguments.out,
        "prepared",
        config,
        {"data": data} | schema_input(data, config) | joined,
        ["pipeline", "schemas"],
        lambda out: prepare(data, config, out, beam_args, metadata=metadata),
    )
    return {"path": str(artifact.path), **artifact.figures}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pipeline", description=__doc__, allow_abbrev=False
    )
    parser.add_argument("--card", type=Path, help="dataset card (TOML) of anybody's own files")
    parser.add_argument(
        "--data", type=Path, help="data directory: as fetched, or the card's files (default: there)"
    )
    parser.add_argument("--out", type=Path, help="takes <version>/ and latest")
    parser.add_argument("--config", type=Path, help="TOML file; its [prepare] table is read")
    parser.add_argument(
        "--metadata", type=Path, help="what `matinee join` found: <run>/metadata, for more features"
    )
    parser.add_argument(
        "--schema", help="TFMD schema of the source columns (default: beside the card, if there)"
    )
    parser.add_argument(
        "--infer-schema", type=Path, metavar="FILE", help="write such a schema and prepare nothing"
    )
    parser.add_argument("--overwrite", action="store_true", help="... over one that was edited")
    return parser


if __name__ == "__main__":
    main()
    # A worker inside this process (--environment_type=LOOPBACK) leaves threads behind. Before 3.14,
    # Python ends those that still run by unwinding them, through C++ frames that allow no such
    # thing: now and then the process aborted after its work was done
    # (github.com/python/cpython/issues/87135).
    sys.stdout.flush()
    os._exit(0)
