"""Files that a person names on the command line, as inputs of an artefact."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from pipeline.sources.files import SourceError
from schemas.artifacts import Artifact, sha256


def given_files(paths: Sequence[Path]) -> Artifact:
    """An input whose version is the content of these files, so that a changed file is seen.

    Args:
        paths: Files of different names.

    Raises:
        SourceError: A file is missing.
    """
    for path in paths:
        if not path.is_file():
            raise SourceError(f"{path}: expected a file, found none")
    files = {path.name: sha256(path) for path in paths}
    version = hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()[:12]
    return Artifact(paths[0].parent, {"version": version, "figures": {}, "files": files})
