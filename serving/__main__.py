"""`python -m serving --run DIR`: the server alone, for containers and tests."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

from schemas.config import load_config
from serving.supervisor import serve


def main() -> None:
    """Parses the command line and serves."""
    parser = argparse.ArgumentParser(prog="python -m serving")
    parser.add_argument("--run", type=Path, required=True, help="a run directory")
    parser.add_argument("--config", type=Path, help="TOML; its [serve] table is used")
    parser.add_argument("--host", help="address to listen on")
    parser.add_argument("--port", type=int, help="port to listen on; 0 takes a free one")
    parser.add_argument("--backend", help="in-process or tf-serving://HOST:PORT")
    parser.add_argument("--profiles", help="store of events: sqlite:PATH, redis://... or none")
    parser.add_argument("--catalogue", help="log of its changes: sqlite:PATH or none")
    parser.add_argument("--workers", type=int, help="processes that answer")
    parser.add_argument("--metrics-port", type=int, help="port for Prometheus; 0: none")
    parser.add_argument("--log-level", help="debug, info, warning or error")
    arguments = parser.parse_args()
    given = {
        name: value for name, value in vars(arguments).items() if name not in ("run", "config")
    }
    try:
        config = load_config(arguments.config).serve
        config = dataclasses.replace(
            config, **{name: value for name, value in given.items() if value is not None}
        )
        serve(arguments.run, config)
    except (OSError, ValueError, RuntimeError, ImportError) as error:
        parser.exit(1, f"matinee: {error}\n")


if __name__ == "__main__":
    main()
