"""All artefacts of one run, opened and checked to belong together."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from schemas.artifacts import Artifact
from schemas.cards import Card, card_from_dict
from serving.backend import QueryEncoder, Ranker
from serving.catalogue import Catalogue
from serving.profiles import Profiles
from serving.retriever import Retriever, open_retriever
from serving.run_versions import latest_versions
from serving.signatures import Backend


@dataclass(frozen=True)
class Bundle:
    """What a server serves; nothing in it changes after opening.

    Attributes:
        card: The dataset's features and rating scale.
        catalogue: Every item.
        profiles: Every known user.
        retriever: The index; its rows are the catalogue's.
        encoder: The query tower.
        ranker: The ranking model.
        versions: Stage name to artefact version.
    """

    card: Card
    catalogue: Catalogue
    profiles: Profiles
    retriever: Retriever
    encoder: QueryEncoder
    ranker: Ranker
    versions: Mapping[str, str]

    def check_models(self) -> None:
        """Returns if both models would answer now.

        Raises:
            BackendError: One would not.
        """
        self.encoder.model.check()
        self.ranker.model.check()


def open_bundle(run: Path, backend: Backend | None = None) -> Bundle:
    """Opens the latest prepared data, models and index of a run directory.

    Args:
        run: The run directory.
        backend: What runs the models; None: this process.

    Raises:
        ConnectionError: The backend does not have one of the models.
        FileNotFoundError: A stage has no finished build; the message names it.
        ValueError: The stages were not built from each other, or a file is not as it should be.
    """
    return open_stages(latest_versions(run).stages, backend)


def open_stages(stages: Mapping[str, Artifact], backend: Backend | None = None) -> Bundle:
    """Opens given builds, which belong together; see `open_bundle`."""
    prepared = stages["prepared"].path
    card = card_from_dict(json.loads((prepared / "card.json").read_text()), str(prepared))
    catalogue = Catalogue(prepared / "catalogue.parquet", card)
    retriever = open_retriever(stages["index"])
    if retriever.item_ids != catalogue.item_ids:
        raise ValueError(
            f"{stages['index'].path}: expected the {len(catalogue)} items of {prepared} in their "
            f"order, got {len(retriever)} others; build the index again"
        )
    return Bundle(
        card=card,
        catalogue=catalogue,
        profiles=Profiles(prepared / "profiles.parquet", card, catalogue),
        retriever=retriever,
        encoder=QueryEncoder(stages["retrieval"], card, catalogue, backend),
        ranker=Ranker(stages["ranking"], card, catalogue, backend),
        versions={stage: artifact.version for stage, artifact in stages.items()},
    )
