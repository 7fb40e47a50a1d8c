"""A catalogue with its changes as an artefact, from which an index is built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from schemas import columns
from schemas.artifacts import Artifact
from schemas.index_files import ITEM_IDS, ITEM_VECTORS
from schemas.prepared import load_card
from serving.backend import QueryEncoder
from serving.catalogue import CHANGED, LIVE, NEW, Catalogue
from serving.catalogue_log.log import CatalogueLog
from serving.replay import edit


@dataclass(frozen=True)
class Merged:
    """What of a log is merged, which is all that a merged catalogue depends on beside its inputs.

    Attributes:
        log_identity: Of the log.
        log_number: Its newest change.
    """

    log_identity: str
    log_number: int


def merge(
    prepared: Artifact, retrieval: Artifact, changes: CatalogueLog, out: Path
) -> Mapping[str, Any]:
    """Writes `catalogue.parquet`, `item_ids.txt` and `item_vectors.npy` (docs/artifacts.md).

    Args:
        prepared: The items as they were prepared.
        retrieval: The model built of it, whose vectors the unchanged items keep.
        changes: All that was changed since.
        out: An empty directory.

    Returns:
        `log_identity`, `log_number`, `items`, `new`, `changed` and `deleted`.

    Raises:
        ValueError: No item is left.
    """
    said, identity = changes.since(0), changes.identity()
    card = load_card(prepared)
    before = Catalogue(prepared.path / "catalogue.parquet", card)
    catalogue = edit(before, said).catalogue
    if catalogue.live is None or catalogue.new is None or catalogue.revision is None:
        raise AssertionError("an edited catalogue has all three")
    if not catalogue.live.any():
        raise ValueError("every item is deleted: expected at least one to build an index of")
    live, dead = np.flatnonzero(catalogue.live), np.flatnonzero(~catalogue.live)
    rows = np.concatenate([live, dead])
    _write(catalogue, rows, out)
    encoder = QueryEncoder(retrieval, card, catalogue)
    vectors = _vectors(np.load(retrieval.path / ITEM_VECTORS), encoder, catalogue, live)
    np.save(out / ITEM_VECTORS, vectors, allow_pickle=False)
    ids = [catalogue.item_id(row) for row in live.tolist()]
    (out / ITEM_IDS).write_bytes("".join(f"{item_id}\n" for item_id in ids).encode())
    changed = catalogue.live & ~catalogue.new & (catalogue.revision > 0)
    return {
        "log_identity": identity,
        "log_number": max((change.number for change in said), default=0),
        "items": len(live),
        "new": int(np.count_nonzero(catalogue.live & catalogue.new)),
        "changed": int(np.count_nonzero(changed)),
        "deleted": int(np.count_nonzero(~catalogue.live & ~catalogue.new)),
    }


def _write(catalogue: Catalogue, rows: np.ndarray, out: Path) -> None:
    table = catalogue.features_by_row.take(rows)
    changed = None if catalogue.revision is None else catalogue.revision > 0
    marks = {NEW: catalogue.new, LIVE: catalogue.live, CHANGED: changed}
    ids = [catalogue.item_id(row) for row in rows.tolist()]
    table = table.add_column(0, columns.ITEM_ID, pa.array(ids, pa.string()))
    table = table.append_column(columns.TRAIN_COUNT, pa.array(catalogue.train_count[rows]))
    for name, values in marks.items():
        if values is not None:
            table = table.append_column(name, pa.array(values[rows]))
    pq.write_table(table, out / "catalogue.parquet")


def _vectors(
    prepared: np.ndarray, encoder: QueryEncoder, catalogue: Catalogue, rows: np.ndarray
) -> np.ndarray:
    """Vectors of some rows, `[rows, embedding_dim]` float32: the model's own where it has them."""
    vectors = np.zeros((len(rows), prepared.shape[1]), dtype=np.float32)
    other = np.zeros(len(rows), dtype=bool)
    if catalogue.revision is not None:
        other = catalogue.revision[rows] > 0
    vectors[~other] = prepared[rows[~other]]
    if other.any():
        vectors[other] = encoder.items.of(rows[other])
    return vectors
