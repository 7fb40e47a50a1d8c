"""Prepares a process for TensorFlow; import it before TensorFlow, Keras and ScaNN."""

from __future__ import annotations

import os
import re
import sys
import tempfile

if "tensorflow_recommenders" in sys.modules or "scann" in sys.modules:
    raise ImportError("import schemas.tf_runtime before tensorflow_recommenders and scann")

# TFRS 0.7.7 refuses to import on Keras 3 unless this is set
# (github.com/tensorflow/recommenders/issues/712). It makes `tf.keras` the legacy Keras;
# `import keras`, which is all Matinee uses, stays Keras 3.
os.environ["TF_USE_LEGACY_KERAS"] = "1"

# Keras 3 would otherwise follow ~/.keras/keras.json or whatever the variable says; the SavedModel
# exports need TensorFlow.
os.environ["KERAS_BACKEND"] = "tensorflow"

# TensorFlow's own notices are not ours to show; its errors are.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

# ScaNN 1.4.2 ships a TensorFlow op built for TensorFlow 2.20, and loading it beside 2.21 raises
# NotFoundError. ScaNN guards that import with `except ImportError`, which a None entry triggers;
# its pybind API, the only one Matinee uses, then works (github.com/google-research/google-research,
# scann/scann/__init__.py).
sys.modules.setdefault("scann.scann_ops.py.scann_ops", None)  # type: ignore[arg-type]

START_UP_NOTICE = re.compile(
    rb"WARNING: All log messages before absl|I0000 |E0000 .*failed call to cuInit"
)
"""What TensorFlow 2.21 writes at start-up whatever its log level: notices, and that a machine
without a GPU has none."""


def _start_tensorflow() -> None:
    """Imports TensorFlow and lets it look for devices, without its start-up notices."""
    with tempfile.TemporaryFile() as written:
        stderr = os.dup(2)
        os.dup2(written.fileno(), 2)
        try:
            import tensorflow as tf

            tf.config.list_physical_devices()
        finally:
            os.dup2(stderr, 2)
            written.seek(0)
            rest = [line for line in written if not START_UP_NOTICE.match(line)]
            os.write(stderr, b"".join(rest))
            os.close(stderr)


_start_tensorflow()
