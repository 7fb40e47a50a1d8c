"""Writes a Keras 3 model with its signatures as a SavedModel that every loader restores."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
import keras
import tensorflow as tf


def save_model(
    path: Path, model: keras.Model, parts: Mapping[str, Any], signatures: Mapping[str, Any]
) -> None:
    """Saves concrete functions with the variables that they capture.

    The model's weights are held as plain TensorFlow variables, and the model itself is not part of
    what is written. A Keras 3 model that is, has each variable twice in the SavedModel's graph, and
    the loader of TensorFlow Serving (the SavedModel's restore operation in a session, as in
    `tf.compat.v1.saved_model.load`) leaves the ones that the signatures read uninitialised;
    `tf.saved_model.load` restores them, so it alone does not show the fault.

    Args:
        path: The directory to write.
        model: Whose weights the signatures read.
        parts: Whatever else they read: name to tf.Module, layer or variable.
        signatures: Name to concrete function.
    """
    held = tf.Module()
    held.weights = [variable.value for variable in model.variables]
    for name, part in parts.items():
        setattr(held, name, part)
    tf.saved_model.save(held, str(path), signatures=dict(signatures))
