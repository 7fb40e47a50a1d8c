"""Prepares a process for TensorFlow; import it before TensorFlow, Keras and ScaNN."""

from __future__ import annotations

import os
import sys

if "tensorflow_recommenders" in sys.modules or "scann" in sys.modules:
    raise ImportError("import schemas.tf_runtime before tensorflow_recommenders and scann")

# TFRS 0.7.7 refuses to import on Keras 3 unless this is set
# (github.com/tensorflow/recommenders/issues/712). It makes `tf.keras` the legacy Keras;
# `import keras`, which is all Matinee uses, stays Keras 3.
os.environ["TF_USE_LEGACY_KERAS"] = "1"

# Keras 3 would otherwise follow ~/.keras/keras.json; the SavedModel exports need TensorFlow.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

# TensorFlow's C++ start-up notices are not ours to show; errors still are.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

# ScaNN 1.4.2 ships a TensorFlow op built for TensorFlow 2.20, and loading it beside 2.21 raises
# NotFoundError. ScaNN guards that import with `except ImportError`, which a None entry triggers;
# its pybind API, the only one Matinee uses, then works (github.com/google-research/google-research,
# scann/scann/__init__.py).
sys.modules.setdefault("scann.scann_ops.py.scann_ops", None)  # type: ignore[arg-type]
