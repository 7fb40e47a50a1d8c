"""Versioned artefact directories: named by what goes in, written aside, renamed when complete.

A stage's version is a digest of its name, its config, its inputs' content, the versions of the
libraries and the source code of the packages that produce it. The same version is therefore never
built twice, and a changed config, input, library or line of code is never served from an old build.

    runs/quickstart/retrieval/
        3f2a90c1d4e5/        a finished build, with manifest.json
        latest -> 3f2a90c1d4e5
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.metadata
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schemas.lock import only_process

MANIFEST = "manifest.json"
MANIFEST_KEYS = {"version": str, "stage": str, "files": dict, "figures": dict}
LATEST = "latest"
OLD, RESUME, LOCK = "-old", ".resume-", ".lock-"
COMMANDS = {
    "prepared": "prepare",
    "retrieval": "train retrieval",
    "index": "index",
    "ranking": "train ranking",
}
"""Directory of a stage in a run to the command that writes it."""
ROOT = Path(__file__).resolve().parent.parent
PACKAGES = (
    "tensorflow",
    "keras",
    "tensorflow-recommenders",
    "tensorflow-transform",
    "apache-beam",
    "scann",
    "numpy",
    "pyarrow",
    "protobuf",
    "grpcio",
)


@dataclass(frozen=True)
class Artifact:
    """A finished stage directory.

    Attributes:
        path: The versioned directory.
        manifest: The parsed manifest.json.
        reused: True if the build was skipped because this version already existed.
    """

    path: Path
    manifest: dict[str, Any]
    reused: bool = False

    @property
    def version(self) -> str:
        """The version, which is also the directory's name."""
        return str(self.manifest["version"])

    @property
    def figures(self) -> dict[str, Any]:
        """What the stage measured."""
        return dict(self.manifest["figures"])

    @property
    def reference(self) -> dict[str, str]:
        """What the manifest of a stage that reads this one says of it.

        The files' digests are part of it, for a stage that was built again by force has its old
        version, and other weights.
        """
        files = json.dumps(self.manifest["files"], sort_keys=True)
        return {"version": self.version, "files": hashlib.sha256(files.encode()).hexdigest()}


def build(
    root: Path,
    stage: str,
    config: Any,
    inputs: Mapping[str, Artifact],
    sources: Iterable[str],
    write: Callable[[Path], Mapping[str, Any]],
    force: bool = False,
) -> Artifact:
    """Runs `write(directory)` unless this very version is already there.

    Args:
        root: The stage's directory; versions live below it.
        stage: Stage name, as in the manifest.
        config: The stage's frozen config dataclass.
        inputs: Name to artefact read by the stage.
        sources: Top-level packages and modules whose code determines the result.
        write: Fills an empty directory and returns the figures for the manifest.
        force: Build again even if this version exists.

    Returns:
        The artefact; `reused` says whether the build was skipped.

    Raises:
        RuntimeError: Another process is building this version.
    """
    identity = {
        "stage": stage,
        "config": dataclasses.asdict(config),
        "inputs": {name: artifact.reference for name, artifact in sorted(inputs.items())},
        "sources": source_digest(sources),
        "packages": package_versions(),
    }
    version = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:12]
    final = root / version
    if not force and (final / MANIFEST).exists():
        _point_latest(root, version)
        return dataclasses.replace(open_artifact(final), reused=True)

    root.mkdir(parents=True, exist_ok=True)
    with only_process(root / f"{LOCK}{version}", f"building {final}"):
        for abandoned in root.glob(f".{version}.*"):
            shutil.rmtree(abandoned)
        if force:
            shutil.rmtree(root / f"{RESUME}{version}", ignore_errors=True)
        manifest = _write_aside(root, identity | {"version": version}, write)
        shutil.rmtree(root / f"{RESUME}{version}", ignore_errors=True)
        _point_latest(root, version)
    return Artifact(final, manifest)


def _write_aside(
    root: Path, identity: Mapping[str, Any], write: Callable[[Path], Mapping[str, Any]]
) -> dict[str, Any]:
    """Fills a directory, puts it in place when it is whole, and returns its manifest."""
    version = identity["version"]
    aside = root / f".{version}.{os.getpid()}"
    aside.mkdir()
    started = time.time()
    try:
        figures = dict(write(aside))
        manifest = dict(identity) | {
            "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(started)),
            "seconds": round(time.time() - started, 3),
            "git_sha": _git_sha(),
            "figures": figures,
            "files": _digests(aside),
        }
        write_json(aside / MANIFEST, manifest)
        _replace(aside, root / version)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    return manifest


def resume_directory(directory: Path) -> Path:
    """Where a build keeps what it goes on from if it is killed.

    It belongs to the version, not to the attempt: `build` removes it when the version is finished
    or is to be built again from the start.

    Args:
        directory: What the build fills.

    Raises:
        ValueError: It is none that `build` made.
    """
    _, _, version = directory.name.rpartition(".")[0].partition(".")
    if not version:
        raise ValueError(f"{directory}: expected a directory of a build, .<version>.<process>")
    kept = directory.with_name(f"{RESUME}{version}")
    kept.mkdir(exist_ok=True)
    return kept


def open_artifact(path: Path) -> Artifact:
    """Opens a versioned directory, or the latest version below a stage's directory.

    Raises:
        FileNotFoundError: There is no finished build at `path`; the message names the stage.
        ValueError: Its manifest is damaged.
    """
    for directory in (path, path / LATEST):
        if (directory / MANIFEST).is_file():
            directory = directory.resolve()
            return Artifact(directory, _manifest(directory / MANIFEST))
    first = (
        f"matinee {COMMANDS[path.name]} --run {path.parent}"
        if path.name in COMMANDS
        else "the stage that writes it"
    )
    raise FileNotFoundError(
        f"{path}: expected a finished {path.name!r} directory with {MANIFEST}, found none; "
        f"run {first} first"
    )


def check_belong_together(stages: Mapping[str, Artifact]) -> None:
    """Checks that each stage that read another of these read this very one.

    Raises:
        ValueError: One did not; the message says which stage to run again.
    """
    for stage, artifact in stages.items():
        for name, read in artifact.manifest.get("inputs", {}).items():  # fetched data has none
            if name in stages and read != stages[name].reference:
                raise ValueError(
                    f"{artifact.path}: expected {stage} built from {name} {stages[name].version} "
                    f"as it is now, got one built from another ({read['version']}); "
                    f"run the {stage} stage again"
                )


def verify(artifact: Artifact) -> None:
    """Checks every file against the manifest's sha256.

    Raises:
        ValueError: A file is missing or differs; the message names it.
    """
    found = _digests(artifact.path)
    for name, digest in artifact.manifest["files"].items():
        if found.get(name) != digest:
            path, got = artifact.path / name, found.get(name)
            raise ValueError(f"{path}: expected sha256 {digest}, got {got}")


def write_json(path: Path, value: Any) -> None:
    """Writes JSON beside `path` and renames it into place."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_text(json.dumps(value, indent=2, sort_keys=False, allow_nan=False) + "\n")
    aside.replace(path)


def sha256(path: Path) -> str:
    """Hex digest of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def source_digest(packages: Iterable[str]) -> str:
    """Digest of the Python sources and data files of our top-level packages and modules."""
    digest = hashlib.sha256()
    for package in sorted(packages):
        for path in [ROOT / f"{package}.py", *sorted((ROOT / package).rglob("*"))]:
            if path.is_file() and path.suffix in {".py", ".toml", ".pbtxt"}:
                digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def package_versions() -> dict[str, str]:
    """Installed versions of the packages that shape an artefact; absent ones are left out."""
    installed = {}
    for name in PACKAGES:
        try:
            installed[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # a serving installation has no Beam
    return installed


def _digests(directory: Path) -> dict[str, str]:
    return {
        str(path.relative_to(directory)): sha256(path)
        for path in sorted(directory.rglob("*"))
        if path.is_file() and path.name != MANIFEST
    }


def _manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(path.read_text())
    except ValueError as error:
        raise ValueError(f"{path}: expected a manifest in JSON, got {error}") from None
    if not isinstance(manifest, dict):
        raise ValueError(f"{path}: expected a manifest, got {type(manifest).__name__}")
    for key, kind in MANIFEST_KEYS.items():
        if not isinstance(manifest.get(key), kind):
            raise ValueError(f"{path}: {key}: expected {kind.__name__}, got {manifest.get(key)!r}")
    return manifest


def _replace(aside: Path, final: Path) -> None:
    """Puts a build in place of an older one of its version, which is gone only after that."""
    old = aside.with_name(aside.name + OLD)
    if final.exists():
        final.replace(old)
    aside.replace(final)
    shutil.rmtree(old, ignore_errors=True)


def _point_latest(root: Path, version: str) -> None:
    aside = root / f".{LATEST}.{os.getpid()}"
    aside.unlink(missing_ok=True)
    aside.symlink_to(version)
    aside.replace(root / LATEST)


def _git_sha() -> str | None:
    """The checkout's commit, or None for an installed package."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        return None
    result = subprocess.run(  # noqa: S603  no part of it comes from a user
        [git, "-C", str(ROOT), "rev-parse", "HEAD"], capture_output=True, text=True, check=False
    )
    return result.stdout.strip() or None
