"""SavedModels as others run them: restored into a session, in a bare process, shown by a tool."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

import schemas.tf_runtime  # noqa: F401  (before TensorFlow)

# isort: split
import tensorflow as tf

from benchmarks.bare_environment import bare_environment


def run_bare(code: str, *arguments: str, directory: Path) -> str:
    """What a process without our flags and our code prints last.

    Args:
        code: Python.
        *arguments: Of the process.
        directory: Where it runs.
    """
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=True,
        cwd=directory,
        env=bare_environment(),
    )
    return done.stdout.splitlines()[-1]


def shown(model: Path) -> str:
    """What `saved_model_cli show --all` prints of a model."""
    command = [str(Path(sys.executable).with_name("saved_model_cli")), "show", "--all", "--dir"]
    done = subprocess.run([*command, str(model)], capture_output=True, text=True, check=True)
    return done.stdout


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
