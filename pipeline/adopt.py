"""Anybody's own files as a data artefact: described by a card, left where they are."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from pipeline.fetch import STAGE
from pipeline.sources.files import find_files
from schemas.artifacts import Artifact, sha256
from schemas.cards import load_card


def adopt(card_file: Path, directory: Path | None = None) -> Artifact:
    """Makes a data artefact of a card and the files that it names; nothing is copied or written.

    Its version is the content of both, so a changed file or card is prepared anew.

    Args:
        card_file: The dataset card, TOML.
        directory: What the card's paths are relative to; without one, the card's own directory.

    Returns:
        An artefact whose path is the directory; its figures are those of `fetch`.

    Raises:
        ValueError: The card is not as it should be.
        SourceError: A file that it names is missing.
    """
    card = load_card(card_file)
    directory = (directory or card_file.parent).resolve()
    paths = sorted({path for table in card.tables for path in find_files(directory, table)})
    files = {path.relative_to(directory).as_posix(): sha256(path) for path in paths}
    identity = {"card": card.to_dict(), "files": files}
    figures = {
        "dataset": card.name,
        "source": f"{card.name} from {directory} as {card_file.name} describes it",
        "card": str(card_file.resolve()),
        "files": len(files),
        "bytes": sum(path.stat().st_size for path in paths),
    }
    version = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:12]
    manifest = {"stage": STAGE, "version": version, "figures": figures, "files": files}
    return Artifact(directory, manifest)
