"""The pair models of two earlier projects, and the prepared data that they learn from."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from commands.terminal import progress_line
from evaluation.baselines.pairs.attention import PairAttention
from evaluation.baselines.pairs.config import PairAttentionConfig, PairEncoderConfig
from evaluation.baselines.pairs.encoder import PairEncoder
from evaluation.baselines.pairs.model import PairModel
from schemas.artifacts import Artifact
from schemas.config import PrepareConfig

ATTENTION, ENCODER = "pair_attention", "pair_encoder"


def with_their_tasks(prepare: PrepareConfig) -> PrepareConfig:
    """The same preparation with the examples that these models are fitted on."""
    return replace(
        prepare,
        tasks=("sliding_windows", "pairs"),
        statistics_features=("genres",),
        pairs_per_item=40,
        pair_history_len=1_000,
    )


def settings() -> dict[str, Any]:
    """Of both models, for a result."""
    return {ATTENTION: asdict(PairAttentionConfig()), ENCODER: asdict(PairEncoderConfig())}


def fit_earlier(prepared: Artifact, seed: int) -> dict[str, PairModel]:
    """Both models by name, fitted with a seed.

    Args:
        prepared: Made `with_their_tasks`.
        seed: Of all that is drawn.
    """
    with progress_line("fit") as report:
        return {
            ATTENTION: PairAttention.fit(
                prepared, replace(PairAttentionConfig(), seed=seed), progress=report
            ),
            ENCODER: PairEncoder.fit(
                prepared, replace(PairEncoderConfig(), seed=seed), progress=report
            ),
        }
