"""Our exported ranker, called as the server calls it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before TensorFlow)

# isort: split
import tensorflow as tf

from benchmarks.ranking_speed.content import Call


class SavedRanker:
    """`serving_default` of a SavedModel: arrays of raw values in, arrays out."""

    def __init__(self, path: Path) -> None:
        self._loaded = tf.saved_model.load(str(path))  # owns the signature's variables
        self._signature = self._loaded.signatures["serving_default"]
        inputs = self._signature.structured_input_signature[1]
        self._dtypes: dict[str, Any] = {name: spec.dtype for name, spec in inputs.items()}

    def __call__(self, call: Call) -> dict[str, np.ndarray]:
        """All outputs; all requests, owners and candidates in one pass."""
        tensors = {name: tf.constant(call.raw[name], dtype) for name, dtype in self._dtypes.items()}
        return {name: value.numpy() for name, value in self._signature(**tensors).items()}
