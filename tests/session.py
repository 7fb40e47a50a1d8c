"""SavedModels as TensorFlow Serving runs them: restored into a session."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before TensorFlow)

# isort: split
import tensorflow as tf


def run_in_session(
    model: Path, inputs: dict[str, tf.Tensor], signature: str = "serving_default"
) -> dict[str, np.ndarray]:
    """A signature's outputs from a graph that the SavedModel's restore operation has filled."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        loaded = tf.compat.v1.saved_model.load(session, ["serve"], str(model))
        called = loaded.signature_def[signature]
        feeds = {called.inputs[name].name: value.numpy() for name, value in inputs.items()}
        fetches = {name: tensor.name for name, tensor in called.outputs.items()}
        return session.run(fetches, feeds)
