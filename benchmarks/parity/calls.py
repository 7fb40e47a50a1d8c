"""Calls of a SavedModel's signatures, and what they give in this process."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before TensorFlow)

# isort: split
import tensorflow as tf

Arrays = dict[str, np.ndarray]
"""Names of a signature's inputs or outputs to values; strings as bytes, numpy's S."""


class Call(NamedTuple):
    """One call.

    Attributes:
        signature: Its name.
        inputs: All that the signature takes. No string may end with a NUL, which numpy drops.
    """

    signature: str
    inputs: Arrays


def encoded(values: Any) -> np.ndarray:
    """Texts of any shape as UTF-8: S of the same shape."""
    return np.char.encode(np.asarray(values, dtype=str), "utf-8")


def in_process(model: Path, calls: Sequence[Call]) -> list[Arrays]:
    """The outputs of each call, by `tf.saved_model.load` in this process.

    Args:
        model: The SavedModel's directory.
        calls: In the order of the result.
    """
    loaded = tf.saved_model.load(str(model))
    results = []
    for call in calls:
        inputs: dict[str, Any] = {name: tf.constant(v) for name, v in call.inputs.items()}
        found = loaded.signatures[call.signature](**inputs)
        results.append({name: tensor.numpy() for name, tensor in found.items()})
    return results
