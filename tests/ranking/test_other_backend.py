"""The ranker is written in `keras.ops`, so another backend of Keras scores the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from schemas.artifacts import ROOT
from tests.ranking.test_model import TOLERANCE, make_batch, make_ranker, score
from towers.dropout import random_bits

# JAX stands for the others. TensorFlow is left out altogether.
OTHER = """
import os, sys, types
os.environ["KERAS_BACKEND"] = "jax"
sys.modules["schemas.tf_runtime"] = types.ModuleType("schemas.tf_runtime")
import jax
import numpy as np
from ranking.model import Ranker
from schemas.config import RankingConfig
from towers.dropout import random_bits
config = RankingConfig(
    embedding_dim=8, history_len=5, attention_len=5, blocks=2, heads=2, hidden=(16, 8)
)
model = Ranker({"item_id": 30}, {"age": 6}, (1.0, 5.0), 3.5, config)
given = np.load(sys.argv[1])
weights = [given[f"weight_{at}"] for at in range(len(model.weights))]
model.set_weights(weights)
batch = {name.removeprefix("input_"): given[name] for name in given if name.startswith("input_")}
bits = jax.jit(lambda key: random_bits((3, 4), key))(given["key"])
np.savez(sys.argv[2], bits=bits, **model(batch, training=False))
assert "tensorflow" not in sys.modules
"""


@pytest.mark.slow
@pytest.mark.parametrize(("owners", "cutoffs"), [(1, 2), (3, 1)])
def test_another_backend_gives_the_same_scores(owners: int, cutoffs: int, tmp_path: Path) -> None:
    ranker, batch = make_ranker(attention_len=5), make_batch(2, owners, 4, cutoffs)
    expected = score(ranker, batch)
    weights = {f"weight_{at}": value for at, value in enumerate(ranker.get_weights())}
    inputs = {f"input_{name}": value for name, value in batch.items()}
    key = np.array([7, 8], np.uint32)
    np.savez(tmp_path / "given.npz", **weights, **inputs, key=key)
    done = subprocess.run(
        [sys.executable, "-c", OTHER, tmp_path / "given.npz", tmp_path / "found.npz"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    found = np.load(tmp_path / "found.npz")
    assert set(found) == {*expected, "bits"}
    np.testing.assert_array_equal(found["bits"], random_bits((3, 4), key))
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, err_msg=name, **TOLERANCE)
