"""All artefacts of one run, opened and checked to belong together."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from schemas.artifacts import Artifact
from schemas.cards import Card, card_from_dict
from serving.backend import QueryEncoder, Ranker
from serving.catalogue import Catalogue
from serving.changes import no_changes
from serving.profiles import Profiles
from serving.retriever import Retriever, open_retriever
from serving.run_versions import MERGED, STAGES, latest_versions
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
        log_number: The newest change of the catalogue that is in all this; 0: none.
        log_identity: Of the log that has it.
    """

    card: Card
    catalogue: Catalogue
    profiles: Profiles
    retriever: Retriever
    encoder: QueryEncoder
    ranker: Ranker
    versions: Mapping[str, str]
    log_number: int = 0
    log_identity: str = ""

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
    """Opens given builds, which belong together; see `open_bundle`.

    Args:
        stages: As `RunVersions.stages`.
        backend: As there.
    """
    prepared = stages["prepared"].path
    card = card_from_dict(json.loads((prepared / "card.json").read_text()), str(prepared))
    merged = stages.get(MERGED)
    path = (merged.path if merged else prepared) / "catalogue.parquet"
    catalogue = Catalogue(path, card)
    retriever = _retriever(stages["index"], catalogue, path)
    return Bundle(
        card=card,
        catalogue=catalogue,
        profiles=Profiles(prepared / "profiles.parquet", card, catalogue),
        retriever=retriever,
        encoder=QueryEncoder(stages["retrieval"], card, catalogue, backend),
        ranker=Ranker(stages["ranking"], card, catalogue, backend),
        versions={stage: stages[stage].version for stage in STAGES},
        log_number=merged.figures["log_number"] if merged else 0,
        log_identity=merged.figures["log_identity"] if merged else "",
    )


def _retriever(index: Artifact, catalogue: Catalogue, path: Path) -> Retriever:
    """The index; items that were deleted before it was built have the rows behind its own."""
    retriever = open_retriever(index)
    built, ids = len(retriever), catalogue.item_ids
    if retriever.item_ids != ids[:built] or catalogue.count != built:
        raise ValueError(
            f"{index.path}: expected the {catalogue.count} items of {path} in their order, "
            f"got {built} others; build the index again"
        )
    width = retriever.index.vectors.shape[1]
    changes = no_changes(built, width, ids[built:])
    return replace(retriever, changes=changes)
