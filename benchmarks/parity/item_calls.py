"""Calls that encode the items of a catalogue, and the vectors that they give."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.parity.calls import Call, encoded, in_process
from schemas import columns
from schemas.artifacts import Artifact
from schemas.prepared import load_card

ENCODE_ITEMS = "encode_items"
BATCH = 512


def item_calls(prepared: Artifact) -> list[Call]:
    """The whole catalogue in its order, `BATCH` items a call."""
    names = [columns.ITEM_ID, *load_card(prepared).item_inputs]
    table = pq.read_table(prepared.path / "catalogue.parquet", columns=names)
    return [
        Call(ENCODE_ITEMS, {name: _values(part[name].combine_chunks()) for name in names})
        for part in (table.slice(at, BATCH) for at in range(0, len(table), BATCH))
    ]


class ItemVectors:
    """The vector of each item of the catalogue, as a model's `encode_items` gives it."""

    def __init__(self, model: Path, calls: Sequence[Call]) -> None:
        """Calls the model in this process.

        Args:
            model: The SavedModel's directory.
            calls: What `item_calls` gave.
        """
        ids = np.concatenate([call.inputs[columns.ITEM_ID] for call in calls])
        self._row = {item_id: row for row, item_id in enumerate(ids.tolist())}
        found = [outputs["item_vector"] for outputs in in_process(model, calls)]
        padding = np.zeros_like(found[0][:1])
        self._vectors = np.concatenate([*found, padding])

    def __call__(self, item_id: np.ndarray) -> np.ndarray:
        """Float32 `[..., width]` for S `[...]`; of padding and unknown items 0."""
        rows = [self._row.get(one, len(self._row)) for one in item_id.ravel().tolist()]
        return self._vectors[np.reshape(rows, item_id.shape).astype(np.int64)]


def _values(column: pa.Array) -> np.ndarray:
    """A column as the signature takes it, lists right-padded with ""."""
    if pa.types.is_list(column.type):
        lists = column.to_pylist()
        width = max(1, *map(len, lists))
        return encoded([values + [""] * (width - len(values)) for values in lists])
    if pa.types.is_string(column.type):
        return encoded(column.to_pylist())
    return column.to_numpy(zero_copy_only=False)
