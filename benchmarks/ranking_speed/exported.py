"""Our ranker as SavedModels with fresh weights, over a generated catalogue."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ranking.export import RankingModule
from ranking.item_memory import remember
from ranking.train import new_trainer
from schemas import columns
from schemas.artifacts import Artifact
from schemas.config import RankingConfig
from schemas.prepared import item_sizes, load_histories

# isort: split
import tensorflow as tf  # after the modules above, which prepare the process

PLAIN, XLA = "plain", "xla"
MODES = (PLAIN, XLA)


class CompiledModule(RankingModule):
    """The same with the ranker itself compiled by XLA.

    XLA knows no strings; and it compiles anew for every number of requests, owners and candidates.
    """

    def __init__(self, *parts: Any):
        super().__init__(*parts)
        self._compiled = tf.function(super()._score, jit_compile=True)

    def _score(self, batch: dict[str, Any]) -> dict[str, Any]:
        return dict(self._compiled(batch))


def write_models(prepared: Artifact, config: RankingConfig, out: Path) -> None:
    """Writes a SavedModel for each of `MODES` as `<out>/<mode>`; speed does not ask for training.

    Args:
        prepared: Of the catalogue, and the events that the models' memory is counted over.
        config: The ranker's.
        out: An existing directory.
    """
    histories = load_histories(prepared, "fit")
    memory = remember(histories, item_sizes(prepared)[columns.ITEM_ID], config)
    trainer = new_trainer(prepared, histories, memory, config)
    for mode, module in ((PLAIN, RankingModule), (XLA, CompiledModule)):
        module(trainer, memory, prepared).save(out / mode)
