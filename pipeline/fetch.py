"""The fetch stage: a release's own files in `<data root>/<dataset>/`, with a manifest."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from pipeline.datasets import (
    PACKAGED,
    FetchError,
    IntegrityError,
    PackagedFiles,
    Release,
    release_named,
)
from pipeline.download import Progress, download
from pipeline.packages import unpack_package
from pipeline.sources.files import SourceError, find_files
from pipeline.unpack import unpack
from schemas.artifacts import MANIFEST, Artifact, open_artifact, sha256, verify, write_json
from schemas.cards import CARDS, load_card

STAGE = "data"


def fetch(
    dataset: str,
    data_root: Path,
    archive: Path | None = None,
    progress: Progress = lambda done, total: None,
) -> Artifact:
    """Brings a dataset to `data_root/<dataset>/`, or reuses it if it is there and intact.

    A local archive that is given is always unpacked, in place of what was there.

    Args:
        dataset: One of `pipeline.datasets.RELEASES`.
        data_root: Parent directory of all datasets.
        archive: A local copy of the official archive; nothing is downloaded.
        progress: Called with `(done_bytes, total_bytes | None)` while downloading.

    Returns:
        The data artefact; its figures are `dataset`, `source`, `card`, `files`, `bytes`.

    Raises:
        ValueError: The dataset is not known.
        FetchError: It can be had from nowhere, or files that were not fetched are in its place.
        IntegrityError: What came is damaged or not what was published.
    """
    release = release_named(dataset)
    final = data_root / dataset
    if archive is None and (final / MANIFEST).is_file():
        found = open_artifact(final)
        if "card" in found.figures and _intact(found):
            return replace(found, reused=True)
    if final.exists() and not (final / MANIFEST).is_file():
        raise FetchError(
            f"{final}: expected a fetched dataset or nothing, got files without {MANIFEST}; "
            "move them away, or describe them with a card"
        )
    data_root.mkdir(parents=True, exist_ok=True)
    aside = data_root / f".{dataset}.{os.getpid()}"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    try:
        source, card = _fill(release, aside, data_root, archive, progress)
        _check_files(aside, card, source)
        write_manifest(aside, dataset, source, card)
        shutil.rmtree(final, ignore_errors=True)
        aside.replace(final)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    return open_artifact(final)


def write_manifest(directory: Path, dataset: str, source: str, card: str) -> None:
    """Writes the manifest that makes a directory of source files a data artefact.

    Args:
        directory: Holds the files, and nothing else.
        dataset: Dataset name.
        source: Where the files came from, a sentence for people.
        card: The files' card in `schemas/datasets`, or the path of one.
    """
    paths = sorted(path for path in directory.rglob("*") if path.is_file())
    files = {str(path.relative_to(directory)): sha256(path) for path in paths}
    version = hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()[:12]
    figures: Mapping[str, object] = {
        "dataset": dataset,
        "source": source,
        "card": card,
        "files": len(files),
        "bytes": sum(path.stat().st_size for path in paths),
    }
    write_json(
        directory / MANIFEST,
        {"stage": STAGE, "version": version, "figures": figures, "files": files},
    )


def _check_files(directory: Path, card: str, source: str) -> None:
    """Whether the files are there that the release's card names."""
    tables = load_card(CARDS / card).tables
    try:
        for table in tables:
            find_files(directory, table)
    except SourceError as error:
        raise IntegrityError(f"{source}: {str(error).replace(f'{directory}/', '')}") from None


def _fill(
    release: Release, directory: Path, data_root: Path, archive: Path | None, progress: Progress
) -> tuple[str, str]:
    """Puts the files into `directory`; returns the source sentence and the card's name."""
    if archive is not None:
        if not archive.is_file():
            raise FetchError(f"archive: expected a file, found none at {archive}")
        unpack(archive, directory)
        return f"{release.name} from the local archive {archive.name}", release.card
    try:
        return _from_official(release, directory, data_root, progress), release.card
    except IntegrityError:
        raise
    except FetchError as error:
        if release.name not in PACKAGED:
            raise FetchError(
                f"{error}. Download {release.url} elsewhere and give it as a local archive"
            ) from error
        package = PACKAGED[release.name]
        _from_package(package, directory, unreached=error)
        return (
            f"{release.name} from the Python package {package.requirement}, since {error}",
            package.card,
        )


def _from_official(release: Release, directory: Path, data_root: Path, progress: Progress) -> str:
    # Kept until it is complete, so that a broken download goes on where it stopped.
    archive = data_root / f".{release.name}.zip"
    download(release.url, archive, release.md5, progress)
    try:
        unpack(archive, directory)
    except IntegrityError:
        archive.unlink()
        raise
    archive.unlink()
    return f"{release.name} from {release.url}"


def _from_package(package: PackagedFiles, directory: Path, unreached: FetchError) -> None:
    try:
        unpack_package(package, directory)
    except IntegrityError:
        raise
    except FetchError as error:
        raise FetchError(f"{unreached}; {error}") from None


def _intact(artifact: Artifact) -> bool:
    try:
        verify(artifact)
    except ValueError:
        return False
    return True
