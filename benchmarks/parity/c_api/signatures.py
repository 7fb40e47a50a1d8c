"""Which tensors of the graph a SavedModel's signatures name."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import schemas.tf_runtime  # noqa: F401  (before TensorFlow)

# isort: split
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

TAGS = [tf.saved_model.SERVING]
PREDICT = tf.saved_model.PREDICT_METHOD_NAME


class Signature(NamedTuple):
    """A signature, for a session.

    Attributes:
        inputs: Name to the tensor that it is fed to, "serving_default_age:0".
        outputs: Name to the tensor that is fetched for it.
    """

    inputs: dict[str, str]
    outputs: dict[str, str]


def read_signatures(model: Path) -> dict[str, Signature]:
    """All signatures that can be called, by name.

    Raises:
        ValueError: The SavedModel has no graph for serving.
    """
    file = model / "saved_model.pb"
    saved = saved_model_pb2.SavedModel.FromString(file.read_bytes())
    graphs = [graph for graph in saved.meta_graphs if list(graph.meta_info_def.tags) == TAGS]
    if len(graphs) != 1:
        raise ValueError(f"{file}: expected one graph tagged {TAGS}, got {len(graphs)}")
    return {
        name: Signature(
            {key: tensor.name for key, tensor in found.inputs.items()},
            {key: tensor.name for key, tensor in found.outputs.items()},
        )
        for name, found in graphs[0].signature_def.items()
        if found.method_name == PREDICT  # one without is TensorFlow's own, for the loader
    }
