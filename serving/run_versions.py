"""Which builds of a run belong together and are to be served: told without opening them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from schemas.artifacts import Artifact, check_belong_together, open_artifact, sha256

STAGES = ("prepared", "retrieval", "index", "ranking")

MERGED = "catalogue"
"""The stage that writes a catalogue with its changes, for those runs whose index is built of it."""

SERVED = {
    "prepared": ("card.json", "catalogue.parquet", "profiles.parquet"),
    MERGED: ("catalogue.parquet",),
    "retrieval": ("model/",),
    "index": ("",),
    "ranking": ("model/",),
}
"""Stage name to what a server reads of it, by how the names begin; what else a stage wrote may be
large, and is nothing to a server."""


@dataclass(frozen=True)
class RunVersions:
    """One build of every stage, made from each other.

    Attributes:
        stages: Stage name to build; `MERGED` is among them where the index was built of one.
    """

    stages: Mapping[str, Artifact]

    @property
    def names(self) -> dict[str, str]:
        """Stage name to version."""
        return {stage: self.stages[stage].version for stage in STAGES}

    @property
    def identity(self) -> tuple[str, ...]:
        """The same for the same files only: a build made again by force has its old version."""
        return tuple(
            f"{artifact.version} {artifact.reference['files']}" for artifact in self.stages.values()
        )

    @property
    def paths(self) -> dict[str, str]:
        """Stage name to directory."""
        return {stage: str(artifact.path) for stage, artifact in self.stages.items()}

    def check_files(self, models: bool) -> None:
        """Holds the files that a server reads against the manifests.

        Args:
            models: Whether it reads the models too, and does not have them run elsewhere.

        Raises:
            ValueError: One is missing or differs; the message names it.
        """
        for stage, artifact in self.stages.items():
            if models or stage not in ("retrieval", "ranking"):
                _check(artifact, SERVED[stage])


def latest_versions(run: Path) -> RunVersions:
    """The latest build of every stage of a run directory.

    Raises:
        FileNotFoundError: A stage has no finished build; the message names it.
        ValueError: A manifest is damaged, or the stages were not built from each other.
    """
    stages = {stage: _opened(run / stage) for stage in STAGES}
    read = stages["index"].manifest["inputs"].get(MERGED)
    if read is not None:
        stages[MERGED] = _opened(run / MERGED / read["version"])
    return _together(stages)


def versions_at(paths: Mapping[str, str]) -> RunVersions:
    """Builds at given directories, as `RunVersions.paths` has them; see `latest_versions`."""
    return _together({stage: _opened(Path(path)) for stage, path in paths.items()})


def _opened(path: Path) -> Artifact:
    artifact = open_artifact(path)
    inputs = artifact.manifest.get("inputs")
    if not isinstance(inputs, dict):
        raise ValueError(f"{artifact.path}: expected a manifest with its inputs, got {inputs!r}")
    return artifact


def _together(stages: Mapping[str, Artifact]) -> RunVersions:
    check_belong_together(stages)
    return RunVersions(stages)


def _check(artifact: Artifact, beginnings: tuple[str, ...]) -> None:
    for name, digest in artifact.manifest["files"].items():
        if not name.startswith(beginnings):
            continue
        path = artifact.path / name
        got = sha256(path) if path.is_file() else None
        if got != digest:
            raise ValueError(f"{path}: expected sha256 {digest}, got {got}")
