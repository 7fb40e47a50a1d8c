"""The history encoders of retrieval, each trained as a sequential model of its own to compare."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from commands.terminal import progress_line
from evaluation.saved_models import RetrievalModel
from schemas import artifacts
from schemas.artifacts import Artifact
from schemas.config import RetrievalConfig


@dataclass(frozen=True)
class Encoder:
    """A sequential model.

    Attributes:
        name: As `retrieval.encoder` has it, and the key in figures.
        title: For people.
        source: The paper that it comes from.
        settings: Of retrieval that it asks for, whatever the others have.
    """

    name: str
    title: str
    source: str
    settings: Mapping[str, Any] = field(default_factory=dict)


_ENCODERS = (
    Encoder("gru", "RNN (gated recurrent unit)", "Hidasi et al., ICLR 2016"),
    # Two blocks would reach over 7 events, four over 31.
    Encoder("cnn", "1D CNN", "Yuan et al., WSDM 2019", {"blocks": 4}),
    Encoder("transformer", "Transformer encoder", "Kang & McAuley, ICDM 2018"),
)
ENCODERS: dict[str, Encoder] = {encoder.name: encoder for encoder in _ENCODERS}
"""Those that look at the order of events, in the order of tables."""


def train_encoder(
    run: Path, prepared: Artifact, config: RetrievalConfig, encoder: str, force: bool = False
) -> Artifact:
    """Trains retrieval with an encoder, or finds it unchanged.

    It lies in `run/encoders/<encoder>`: the run's own `retrieval` stays what it was.

    Args:
        run: Directory of the run.
        prepared: What to train on.
        config: Settings; `encoder` and what it asks for are replaced.
        encoder: One of `ENCODERS`.
        force: Trains again in any case.
    """
    from towers.train import train

    chosen = dataclasses.replace(config, encoder=encoder, **ENCODERS[encoder].settings)
    with progress_line(f"train {encoder}") as report:
        return artifacts.build(
            run / "encoders" / encoder,
            "retrieval",
            chosen,
            {"prepared": prepared},
            ["towers", "schemas"],
            lambda out: train(prepared, chosen, out, report),
            force,
        )


def scorer(retrieval: Artifact, item_ids: np.ndarray) -> RetrievalModel:
    """The trained model as an `evaluation.ranking_protocol.Scorer`: by itself, without an index.

    Args:
        retrieval: As `train_encoder` gives it.
        item_ids: object (str) `[items]`, the catalogue of the requests to come.
    """
    return RetrievalModel(retrieval.path, item_ids, retrieval.manifest["config"]["history_len"])
