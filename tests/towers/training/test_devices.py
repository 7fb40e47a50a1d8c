"""Replicas and precision, in processes of their own: devices are fixed when TensorFlow starts."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from schemas.artifacts import ROOT, Artifact
from schemas.config import RetrievalConfig

FIT = """
import contextlib, json, sys
from dataclasses import replace
from pathlib import Path
import schemas.tf_runtime
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from schemas.artifacts import open_artifact
from towers.training.devices import training_scope
from tests.towers.training.test_resume import CONFIG, Killed, run
prepared, out, changes = Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3])
config = replace(CONFIG, **{"dropout": 0.0, "item_id_dropout": 0.0, "epochs": 2} | changes)
with training_scope(config.devices, config.precision, config.batch_size):
    for step in map(int, sys.argv[4:]):
        with contextlib.suppress(Killed):
            run(open_artifact(prepared), out, config, step)
            sys.exit("it was not killed")
    model, lines = run(open_artifact(prepared), out, config)
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
vectors = model.catalogue_vectors()
print(json.dumps({"lines": lines, "replicas": replicas, "dtype": vectors.dtype.name,
                  "compute": model.query_tower.compute_dtype}))
"""


def fitted(prepared: Artifact, out: Path, killed_at: Sequence[int] = (), **changes: object) -> dict:
    arguments = [str(prepared.path), str(out), json.dumps(changes), *map(str, killed_at)]
    done = subprocess.run(
        [sys.executable, "-c", FIT, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
def test_two_replicas_learn_as_one(prepared: Artifact, tmp_path: Path) -> None:
    one = fitted(prepared, tmp_path / "one")
    two = fitted(prepared, tmp_path / "two", devices="mirrored")
    assert (one["replicas"], two["replicas"]) == (1, 2)
    for name in ("loss", "ndcg@10"):
        got, wanted = ([line[name] for line in found["lines"]] for found in (two, one))
        np.testing.assert_allclose(got, wanted, atol=1e-3)


@pytest.mark.slow
def test_two_replicas_go_on_as_if_unbroken(prepared: Artifact, tmp_path: Path) -> None:
    mirrored = {"devices": "mirrored", "dropout": 0.2, "item_id_dropout": 0.1}
    unbroken = fitted(prepared, tmp_path / "unbroken", **mirrored)
    resumed = fitted(prepared, tmp_path / "killed", killed_at=[4, 7], **mirrored)
    for name in ("loss", "ndcg@10"):
        got, wanted = ([line[name] for line in of["lines"]] for of in (resumed, unbroken))
        np.testing.assert_allclose(got, wanted, atol=1e-4)


@pytest.mark.slow
def test_mixed_precision_learns_and_gives_float32(prepared: Artifact, tmp_path: Path) -> None:
    found = fitted(prepared, tmp_path / "mixed", precision="mixed_bfloat16")
    assert (found["compute"], found["dtype"]) == ("bfloat16", "float32")
    losses = [line["loss"] for line in found["lines"]]
    assert losses[1] < losses[0]


def test_xla_and_replicas_are_refused_together() -> None:
    with pytest.raises(
        ValueError, match=r"retrieval\.jit: expected false, since devices is mirrored"
    ):
        RetrievalConfig(devices="mirrored")


@pytest.mark.slow
def test_a_batch_that_replicas_cannot_share_is_refused(prepared: Artifact, tmp_path: Path) -> None:
    arguments = [
        str(prepared.path),
        str(tmp_path),
        json.dumps({"devices": "mirrored", "batch_size": 7}),
    ]
    command = [sys.executable, "-c", FIT, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode != 0
    assert "retrieval.batch_size: expected a multiple of the 2 replicas, got 7" in done.stderr
