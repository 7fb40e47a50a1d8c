"""Builds of a run once more under other versions, so that a server has something to reload."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from schemas.artifacts import LATEST, MANIFEST, Artifact, open_artifact, write_json
from serving.run_versions import SERVED, STAGES, latest_versions


def served_copy(run: Path, copy: Path) -> Path:
    """A run directory with the latest builds of another, as far as a server reads them.

    Args:
        run: A finished run.
        copy: Where; made.
    """
    for stage, artifact in latest_versions(run).stages.items():
        target = copy / stage / artifact.version
        for name in artifact.manifest["files"]:
            if name.startswith(SERVED[stage]):
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(artifact.path / name, target / name)
        shutil.copyfile(artifact.path / MANIFEST, target / MANIFEST)
        point_latest(copy, stage, artifact.version)
    return copy


def build_again(
    run: Path, version: str, stages: Iterable[str] = STAGES[1:]
) -> Mapping[str, Artifact]:
    """Copies the latest builds of some stages as another version, made from each other.

    `latest` stays as it is: see `point_latest`.

    Args:
        run: A run directory.
        version: What the copies are called.
        stages: In the order in which they read each other.
    """
    again: dict[str, Artifact] = {}
    for stage in stages:
        old = open_artifact(run / stage)
        target = run / stage / version
        shutil.copytree(old.path, target)
        manifest = json.loads((target / MANIFEST).read_text()) | {"version": version}
        for name, made in again.items():
            if name in manifest["inputs"]:
                manifest["inputs"][name] = made.reference
        write_json(target / MANIFEST, manifest)
        again[stage] = open_artifact(target)
    return again


def point_latest(run: Path, stage: str, version: str) -> None:
    """Makes a build the latest of its stage, as a finished stage does."""
    aside = run / stage / ".latest.aside"
    aside.symlink_to(version)
    aside.replace(run / stage / LATEST)
