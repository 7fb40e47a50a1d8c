"""SavedModels run in this process."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before TensorFlow)

# isort: split
import tensorflow as tf

from schemas.artifacts import Artifact
from serving.batcher import Batcher
from serving.deadline import current_deadline
from serving.signatures import Arrays, Shapes, Spec

BATCHED = "serving_default"
"""The signature that requests call alike; the others are rare and large, or take what has no
padding."""


class InProcess:
    """Loads SavedModels from artefacts."""

    def __init__(self, max_batch: int = 1) -> None:
        """Loads nothing yet.

        Args:
            max_batch: Most rows of calls that are merged into one (`Batcher`); 1: none are.
        """
        self._max_batch = max_batch

    def open(self, artifact: Artifact, stage: str) -> LoadedModel:
        """The SavedModel of an artefact.

        Raises:
            OSError: There is none.
        """
        name = f"{stage} {artifact.path.name}"
        return LoadedModel(name, artifact.path / "model", self._max_batch)


class LoadedModel:
    """A SavedModel in this process."""

    def __init__(self, name: str, path: Path, max_batch: int) -> None:
        """Loads it; see `InProcess`."""
        self.name = name
        # The loaded object owns the variables that the signatures only refer to.
        self._model = tf.saved_model.load(str(path))
        self._signatures: Mapping[str, Any] = self._model.signatures
        self.specs = {name: _spec(found) for name, found in self._signatures.items()}
        self._batcher = Batcher(partial(self._run, BATCHED), max_batch) if max_batch > 1 else None

    def run(self, signature: str, inputs: Arrays, shapes: Shapes) -> Arrays:
        """See `Signatures`; a call that has begun is not broken off at the deadline."""
        current_deadline().check()
        if self._batcher is not None and signature == BATCHED:
            return self._batcher(inputs, shapes)
        return self._run(signature, inputs, shapes)

    def check(self) -> None:
        """A loaded model answers."""

    def _run(self, signature: str, inputs: Arrays, shapes: Shapes) -> Arrays:
        tensors = {name: tf.constant(v, tf.as_dtype(v.dtype)) for name, v in inputs.items()}
        outputs = self._signatures[signature](**tensors)
        return {name: outputs[name].numpy() for name in shapes}


def _spec(signature: Any) -> Spec:
    inputs, outputs = signature.structured_input_signature[1], signature.structured_outputs
    return Spec(
        inputs={name: np.dtype(spec.dtype.as_numpy_dtype) for name, spec in inputs.items()},
        outputs={name: np.dtype(spec.dtype.as_numpy_dtype) for name, spec in outputs.items()},
    )
