"""Both towers as one SavedModel that takes raw values; signatures in docs/artifacts.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before TensorFlow)

# isort: split
import tensorflow as tf

from schemas import columns
from schemas.artifacts import Artifact
from schemas.raw_features import RawFeatures, history_spec, newest_events
from schemas.saved_model import save_model
from towers.model import RetrievalModel

HISTORY = [columns.HISTORY_ITEM_ID, columns.HISTORY_RATING, columns.HISTORY_TIMESTAMP]


class RetrievalModule:
    """The transform graph, the towers and the catalogue's vectors behind named signatures."""

    def __init__(self, model: RetrievalModel, prepared: Artifact):
        self.raw = RawFeatures(prepared)
        self.model = model
        self.vectors = tf.Variable(model.catalogue_vectors(), trainable=False, name="vectors")
        self.history_len = model.query_tower.history_len

    def serving_default(self, **raw: Any) -> dict[str, Any]:
        """Raw history and user features to query vectors; vectors looked up by item id."""
        history = newest_events(raw, HISTORY, self.history_len)
        batch = self._batch(raw, history)
        vectors = tf.gather(self.vectors, batch[columns.HISTORY_ITEM_ID])
        return {"query_vector": self.model.newest_query(batch, vectors)}

    def from_vectors(self, **raw: Any) -> dict[str, Any]:
        """The same with the history's item vectors given."""
        history = newest_events(raw, [*HISTORY, "history_vector"], self.history_len)
        batch = self._batch(raw, history)
        query = self.model.newest_query(batch, history["history_vector"])
        return {"query_vector": query}

    def encode_items(self, **raw: Any) -> dict[str, Any]:
        """Raw item features to item vectors."""
        return {"item_vector": self.model.encode_items(self.raw.items(raw))}

    def signatures(self) -> dict[str, Any]:
        """Name to concrete function."""
        history = history_spec([None]) | self.raw.user_spec([]) | self._context_spec()
        dim = self.model.query_tower.embedding_dim
        given = {"history_vector": tf.TensorSpec([None, None, dim], tf.float32, "history_vector")}
        specs = {
            "serving_default": history,
            "from_vectors": history | given,
            "encode_items": self.raw.item_spec(),
        }
        return {
            name: tf.function(getattr(self, name)).get_concrete_function(**spec)
            for name, spec in specs.items()
        }

    def _context_spec(self) -> dict[str, Any]:
        if self.model.query_tower.context is None:
            return {}
        name = columns.REQUEST_TIMESTAMP
        return {name: tf.TensorSpec([None], tf.int64, name)}

    def _batch(self, raw: dict[str, Any], history: dict[str, Any]) -> dict[str, Any]:
        index = self.raw.item_index(history[columns.HISTORY_ITEM_ID])
        users = self.raw.users({name: raw[name] for name in self.raw.user_spec([])})
        context = {name: raw[name][:, None] for name in self._context_spec()}
        return history | users | context | {columns.HISTORY_ITEM_ID: index}


def export(model: RetrievalModel, prepared: Artifact, item_ids: list[str], out: Path) -> None:
    """Writes `model/`, `item_ids.txt` and `item_vectors.npy` into `out`.

    Args:
        model: The fitted model.
        prepared: What it was fitted on.
        item_ids: The catalogue's item ids, in catalogue order.
        out: The artefact's directory.
    """
    module = RetrievalModule(model, prepared)
    parts = {"raw": module.raw, "vectors": module.vectors}
    save_model(out / "model", model, parts, module.signatures())
    rows = module.raw.item_index(tf.constant(item_ids)).numpy()
    np.save(out / "item_vectors.npy", module.vectors.numpy()[rows])
    (out / "item_ids.txt").write_bytes("".join(f"{item_id}\n" for item_id in item_ids).encode())
