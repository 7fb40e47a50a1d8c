"""Which schema a dataset is held against, if any."""

from __future__ import annotations

from pathlib import Path

from pipeline.datasets import card_file
from schemas.artifacts import Artifact, sha256
from schemas.config import PrepareConfig

SUFFIX = ".pbtxt"


def schema_file(data: Artifact, config: PrepareConfig) -> Path | None:
    """The schema named in the settings, or the one beside the card: `<card>.pbtxt`; else None.

    Raises:
        ValueError: The settings name a file that is not there, or the artefact names no card.
    """
    if config.schema:
        path = Path(config.schema)
        if not path.is_file():
            raise ValueError(f"prepare.schema: expected a file, found none at {path}")
        return path
    beside = card_file(data).with_suffix(SUFFIX)
    return beside if beside.is_file() else None


def schema_input(data: Artifact, config: PrepareConfig) -> dict[str, Artifact]:
    """The schema as an input of the prepare stage, so that an edited one prepares anew.

    Raises:
        ValueError: As `schema_file`.
    """
    path = schema_file(data, config)
    if path is None:
        return {}
    digest = sha256(path)
    manifest = {"stage": "schema", "version": digest[:12], "files": {path.name: digest}}
    return {"schema": Artifact(path.parent, manifest)}
