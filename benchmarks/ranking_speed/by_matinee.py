"""Our exported ranker, called as the server calls it, and with each candidate by itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before TensorFlow)

# isort: split
import tensorflow as tf

from benchmarks.ranking_speed.content import Call
from schemas import columns

OF_CANDIDATES = (columns.CANDIDATE_ITEM_ID, columns.RETRIEVAL_SCORE)


class SavedRanker:
    """`serving_default` of a SavedModel: arrays of raw values in, arrays out."""

    def __init__(self, path: Path) -> None:
        self._loaded = tf.saved_model.load(str(path))  # owns the signature's variables
        self._signature = self._loaded.signatures["serving_default"]
        inputs = self._signature.structured_input_signature[1]
        self._dtypes: dict[str, Any] = {name: spec.dtype for name, spec in inputs.items()}

    def __call__(self, call: Call) -> dict[str, np.ndarray]:
        """All outputs; all requests, owners and candidates in one pass."""
        return self.score(call.raw)

    def score(self, raw: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """All outputs for the inputs of the signature."""
        tensors = {name: tf.constant(raw[name], dtype) for name, dtype in self._dtypes.items()}
        return {name: value.numpy() for name, value in self._signature(**tensors).items()}


class ApartRanker:
    """The same model, every candidate in a pass of its own with the histories.

    What it takes longer than `SavedRanker` is what candidates save that do not read each other: the
    history is read again for each of them, from its ids on, which are looked up as often.
    """

    def __init__(self, ranker: SavedRanker) -> None:
        self._ranker = ranker

    def __call__(self, call: Call) -> dict[str, np.ndarray]:
        """The outputs of `SavedRanker`, of one request after the other, as the peer is asked."""
        found = [self._ranker.score(apart(call, n)) for n in range(len(call.candidate))]
        return {name: np.stack([of[name][:, 0] for of in found]) for name in found[0]}


def apart(call: Call, request: int) -> dict[str, np.ndarray]:
    """Inputs in which each candidate of a request is a request of its own."""
    count = len(call.candidate[request])
    return {
        name: values[request][:, None]
        if name in OF_CANDIDATES
        else np.repeat(values[request : request + 1], count, axis=0)
        for name, values in call.raw.items()
    }
