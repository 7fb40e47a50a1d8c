"""Where a benchmark's fits are kept, so that one that was done or killed is gone on with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from schemas.artifacts import Artifact, package_versions, source_digest
from schemas.config import RetrievalConfig


def fit_directory(
    root: Path, prepared: Artifact, config: RetrievalConfig, also: Mapping[str, Any]
) -> Path:
    """The directory of one fit: another for other data, settings, code or libraries.

    Args:
        root: Of all fits.
        prepared: What is fitted.
        config: With these settings.
        also: Whatever else makes a difference.
    """
    identity = {
        "prepared": prepared.version,
        "config": asdict(config),
        "sources": source_digest(["towers", "schemas"]),
        "packages": package_versions(),
    }
    digest = hashlib.sha256(json.dumps(identity | dict(also), sort_keys=True).encode())
    directory = root / digest.hexdigest()[:12]
    directory.mkdir(parents=True, exist_ok=True)
    return directory
