"""The join of a dataset: its catalogue and links, and the metadata that a person names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.datasets import card_of
from pipeline.joining.fetch import FILE
from pipeline.joining.imdb import FILES, ImdbFiles
from pipeline.joining.inputs import given_files
from pipeline.joining.json_lines import read_json_lines
from pipeline.joining.links import read_links
from pipeline.joining.records import MetadataSource
from pipeline.joining.sqlite import read_sqlite
from pipeline.joining.stage import Progress, join
from pipeline.sources.files import SourceError
from pipeline.sources.items import read_items
from schemas.artifacts import Artifact
from schemas.columns import TITLE
from schemas.config import JoinConfig

LINKS = "links.csv"
"""In the CSV releases of MovieLens."""


@dataclass(frozen=True)
class Metadata:
    """Where metadata is to come from, the most trusted first.

    Attributes:
        imdb: Directory of IMDb's non-commercial files.
        film_metadata: The CC0 film metadata, fetched.
        descriptions: JSON lines.
        descriptions_layout: Their field names, one of `json_lines.LAYOUTS`.
        links: CSV of item ids and IMDb ids; without one, `links.csv` beside the data if there.
    """

    imdb: Path | None = None
    film_metadata: Artifact | None = None
    descriptions: Path | None = None
    descriptions_layout: str = "plain"
    links: Path | None = None

    def inputs(self, data: Artifact) -> dict[str, Artifact]:
        """What the stage reads, by name; a file counts by its content."""
        found = {"data": data}
        if self.imdb is not None:
            found["imdb"] = given_files([self.imdb / file for file in FILES])
        if self.film_metadata is not None:
            found["film_metadata"] = self.film_metadata
        if self.descriptions is not None:
            found["descriptions"] = given_files([self.descriptions])
        links = self.links_of(data)
        if links is not None:
            found["links"] = given_files([links])
        return found

    def links_of(self, data: Artifact) -> Path | None:
        """The links that are read, whether they were named or lie beside the data."""
        beside = data.path / LINKS
        return self.links or (beside if beside.is_file() else None)

    def sources(self, config: JoinConfig) -> list[MetadataSource]:
        """Opened for reading."""
        found: list[MetadataSource] = []
        if self.imdb is not None:
            found.append(ImdbFiles(self.imdb, config.imdb_kinds))
        if self.film_metadata is not None:
            found.append(read_sqlite(self.film_metadata.path / FILE))
        if self.descriptions is not None:
            found.append(read_json_lines(self.descriptions, self.descriptions_layout))
        return found


def join_dataset(
    data: Artifact, metadata: Metadata, config: JoinConfig, out: Path, progress: Progress
) -> dict[str, Any]:
    """Joins the catalogue of a data artefact; see `stage.join`.

    Raises:
        SourceError: The dataset has no catalogue, or its items no feature named `title`.
    """
    card = card_of(data)
    items = read_items(data.path, card)
    if items is None or TITLE not in items.schema.names:
        raise SourceError(
            f"{data.path}: item_features: expected {TITLE!r} to join by, "
            f"got {[*card.item_features]}"
        )
    links = metadata.links_of(data)
    linked = None if links is None else read_links(links)
    films = pa.Table.from_batches([items])
    return join(films, linked, metadata.sources(config), config, out, progress)
