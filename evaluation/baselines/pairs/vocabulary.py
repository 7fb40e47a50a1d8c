"""Raw requests to the indices that prepared examples have."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import pyarrow.parquet as pq

import schemas.tf_runtime  # noqa: F401  # before TensorFlow

# isort: split
import tensorflow as tf

from evaluation.requests import Requests
from schemas import columns
from schemas.artifacts import Artifact
from schemas.raw_features import RawFeatures

CATALOGUE = "catalogue.parquet"


class Vocabulary:
    """The look-ups of the prepared transform graph, which no event, held out or not, has shaped."""

    def __init__(self, prepared: Artifact) -> None:
        """Loads the graph of a prepared artefact."""
        self._prepared = prepared
        self._raw = RawFeatures(prepared)

    @cached_property
    def items(self) -> np.ndarray:
        """Vocabulary index of each item of the catalogue: int64 `[items]`."""
        table = pq.read_table(self._prepared.path / CATALOGUE, columns=[columns.ITEM_ID])
        return self._raw.item_index(tf.constant(table[columns.ITEM_ID].to_pylist())).numpy()

    def users(self, requests: Requests, rows: np.ndarray) -> dict[str, np.ndarray]:
        """Indices of each user feature: int64 `[rows]` each.

        Args:
            requests: The split.
            rows: int64 `[rows]`.
        """
        raw: dict[str, Any] = {
            name: tf.constant(requests.user_features[name][rows])
            for name in self._raw.card.user_inputs
        }
        return {name: value.numpy() for name, value in self._raw.users(raw).items()}

    def catalogue_rows(self, item: np.ndarray) -> np.ndarray:
        """Catalogue index of vocabulary indices of items: int64, the same shape."""
        back = np.full(self.items.max() + 1, -1)
        back[self.items] = np.arange(len(self.items))
        return back[item]
