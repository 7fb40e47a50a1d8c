"""A model's vectors of items, for those that its SavedModel does not hold."""

from __future__ import annotations

import threading

import numpy as np

from serving.catalogue import Catalogue
from serving.signatures import ANY, Signature

SLACK = 4_096
"""Rows beyond the catalogue that there is room for before what is kept is moved."""
BLOCK = 4_096
"""Items encoded in one call."""


class _Kept:
    """Vectors by row, shared by all states of a catalogue; memory is taken as rows are written.

    Attributes:
        lock: Held while anything here is read or written.
        revision: `[room]` int64, of the features that a vector is of; -1: there is none.
        vectors: `[room, width]` float32.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.revision = np.zeros(0, dtype=np.int64)
        self.vectors = np.zeros((0, 0), dtype=np.float32)

    def make_room(self, rows: int, width: int) -> None:
        """Room for so many rows."""
        if rows <= len(self.revision):
            return
        revision = np.full(rows + SLACK, -1, dtype=np.int64)
        vectors = np.zeros((len(revision), width), dtype=np.float32)
        there = np.flatnonzero(self.revision >= 0)
        if len(there):  # before the first vector the width is not known
            revision[there], vectors[there] = self.revision[there], self.vectors[there]
        self.revision, self.vectors = revision, vectors


class ItemVectors:
    """Encodes items when they are first asked for, and keeps what came."""

    def __init__(self, encode: Signature, catalogue: Catalogue, kept: _Kept | None = None) -> None:
        """Encodes nothing yet.

        Args:
            encode: `encode_items` of the model.
            catalogue: Whose rows are asked for.
            kept: What another state of the catalogue kept.
        """
        self._encode = encode
        self._catalogue = catalogue
        self._kept = kept or _Kept()

    def over(self, catalogue: Catalogue) -> ItemVectors:
        """The same of another state of the catalogue; what did not change is not encoded again."""
        return ItemVectors(self._encode, catalogue, self._kept)

    def of(self, rows: np.ndarray) -> np.ndarray:
        """Vectors of items, deleted or not, `[..., width]` float32; of -1 all 0.

        Args:
            rows: int64 catalogue rows of any shape, at least one of an item.
        """
        asked = np.unique(rows[rows >= 0])
        found = self._of(asked)
        place = np.searchsorted(asked, np.maximum(rows, asked[0]))
        return np.where((rows >= 0)[..., np.newaxis], found[place], np.float32(0))

    def _of(self, rows: np.ndarray) -> np.ndarray:
        revision, kept = self._revisions(rows), self._kept
        with kept.lock:
            there = rows < len(kept.revision)
            there[there] = kept.revision[rows[there]] == revision[there]
            vectors = np.zeros((len(rows), kept.vectors.shape[1]), dtype=np.float32)
            vectors[there] = kept.vectors[rows[there]]
        if there.all():
            return vectors
        new = np.concatenate(
            [self._encoded(rows[~there][at : at + BLOCK]) for at in range(0, (~there).sum(), BLOCK)]
        )
        if not there.any():
            vectors = np.zeros((len(rows), new.shape[1]), dtype=np.float32)
        vectors[~there] = new
        with kept.lock:
            kept.make_room(len(self._catalogue), new.shape[1])
            kept.vectors[rows[~there]], kept.revision[rows[~there]] = new, revision[~there]
        return vectors

    def _encoded(self, rows: np.ndarray) -> np.ndarray:
        inputs = self._catalogue.model_inputs(rows)
        return self._encode(inputs, {"item_vector": (len(rows), ANY)})["item_vector"]

    def _revisions(self, rows: np.ndarray) -> np.ndarray:
        revision = self._catalogue.revision
        return np.zeros(len(rows), dtype=np.int64) if revision is None else revision[rows]
